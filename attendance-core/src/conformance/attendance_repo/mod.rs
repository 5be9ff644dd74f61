//! Cases for an [`AttendanceRepo`](crate::ports::AttendanceRepo).

pub mod attendees;
pub mod audit;
pub mod directory;
pub mod erasure;
pub mod ledger;
pub mod lists;
pub mod outbox;
pub mod timetable;

/// Makes a test of every case; see [`conformance`](crate::conformance).
#[macro_export]
macro_rules! attendance_repo_suite {
    ($fixture:path) => {
        $crate::attendance_repo_suite!($fixture, #[::tokio::test]);
    };
    ($fixture:path, #[$test:meta]) => {
        $crate::__conformance_tests! { $fixture, $test, $crate::conformance::attendance_repo::directory,
            a_created_organization_has_version_1_and_the_group_everyone
            an_organization_is_read_back_as_it_was_given
            an_organization_whose_id_is_taken_is_refused
            of_many_who_create_one_organization_one_wins
            a_changed_organization_has_the_next_version_and_an_older_one_is_refused
            of_many_who_change_one_version_of_an_organization_one_wins
            an_organization_that_does_not_exist_is_not_found_and_not_changed
            organizations_are_listed_once_each_ordered_by_id
            a_group_is_made_with_version_1_and_read_back_as_it_was_given
            a_group_of_another_version_than_the_stored_one_is_refused
            of_many_who_make_one_group_one_wins
            the_group_everyone_can_be_changed
            another_organizations_group_of_the_same_id_is_not_found
            groups_are_listed_once_each_ordered_by_the_bytes_of_their_ids
            a_cursor_that_no_directory_list_made_is_refused
            a_subject_signs_in_as_the_attendee_it_was_linked_to_last
            subjects_differ_by_issuer_and_by_case_and_end_at_the_wall
        }
        $crate::__conformance_tests! { $fixture, $test, $crate::conformance::attendance_repo::attendees,
            a_registered_attendee_has_version_1_and_is_read_back_as_given
            an_attendee_of_whom_only_the_name_is_known_is_read_back
            names_of_every_script_are_read_back
            instants_long_ago_and_far_ahead_are_read_back_to_the_microsecond
            an_attendee_of_64_groups_and_32_attributes_is_read_back
            an_attendees_id_that_is_taken_is_refused
            an_external_id_that_another_attendee_has_is_refused
            of_many_who_register_one_external_id_one_wins
            an_external_id_is_free_in_another_organization
            an_external_id_that_is_given_up_becomes_free
            external_ids_differ_by_case_and_by_every_character
            nobody_is_registered_in_an_organization_that_does_not_exist
            a_changed_attendee_has_the_next_version_and_its_events_are_pending
            an_older_version_of_an_attendee_is_refused_together_with_its_events
            of_many_who_change_one_version_of_an_attendee_one_wins
            an_attendee_who_does_not_exist_is_not_changed_another_organizations_neither
            unknown_attendees_and_those_behind_the_wall_are_left_out
            a_hundred_attendees_are_found_by_their_ids
            a_roster_has_exactly_those_who_have_the_group_and_everyone_has_everybody
            attendees_are_listed_once_each_ordered_by_id
            those_whose_erasure_was_asked_for_are_left_out_of_the_lists
        }
        $crate::__conformance_tests! { $fixture, $test, $crate::conformance::attendance_repo::erasure,
            what_stays_of_an_erased_attendee_is_the_id_and_the_tombstone
            an_erased_attendees_external_id_becomes_free
            an_erasure_can_be_repeated_and_keeps_its_first_instant
            an_attendee_without_a_tombstone_is_not_erased
            an_attendee_who_does_not_exist_is_not_erased_another_organizations_neither
            a_copy_read_before_the_erasure_can_not_be_saved_afterwards
            an_erased_attendees_records_stay_without_their_reasons
            an_erased_attendees_subjects_are_unlinked
            a_subject_is_not_linked_to_somebody_who_is_erased_or_unknown
            an_erasure_takes_no_event_out_of_the_outbox
        }
        $crate::__conformance_tests! { $fixture, $test, $crate::conformance::attendance_repo::timetable,
            a_session_is_read_back_as_it_was_given
            the_first_session_of_an_id_stays
            of_many_who_ensure_a_session_at_once_all_get_the_same
            another_organizations_session_of_the_same_id_is_not_found
            sessions_are_listed_once_each_by_date_then_group_then_slot
            both_ends_of_a_range_of_sessions_are_included
            only_one_groups_sessions_are_listed_where_a_group_is_named
            a_cursor_that_no_timetable_list_made_is_refused
            sessions_that_should_be_closed_are_due_the_earliest_first
            a_session_that_was_closed_is_not_due
            the_first_instant_at_which_a_session_was_closed_stays
            of_many_who_close_a_session_at_once_all_get_the_same_instant
            a_session_that_does_not_exist_is_not_closed
        }
        $crate::__conformance_tests! { $fixture, $test, $crate::conformance::attendance_repo::ledger,
            a_check_in_is_read_back_as_it_was_committed
            a_record_and_its_event_become_visible_together
            every_event_of_a_commit_goes_to_every_target
            the_first_commit_makes_the_record_and_every_other_gets_it
            of_many_check_ins_at_once_one_makes_the_record_and_all_get_it
            the_event_of_a_record_that_was_there_is_not_stored
            one_commit_makes_new_records_beside_those_that_were_there
            overlapping_commits_at_once_make_every_record_once
            a_commit_with_the_id_of_an_earlier_check_in_changes_nothing
            of_many_commits_of_one_check_in_at_once_one_is_written
            check_ins_whose_ids_differ_by_case_are_different
            sessions_whose_groups_differ_by_case_have_different_records
            the_same_session_and_attendee_in_another_organization_is_another_record
            a_correction_stands_and_the_versions_before_stay_in_the_history
            a_mark_upon_another_version_is_refused_together_with_its_event
            of_many_corrections_of_one_version_at_once_one_wins
            a_check_in_and_a_mark_at_once_make_one_record
            a_check_in_does_not_undo_a_correction
            a_check_in_supersedes_what_a_chore_marked
            of_many_check_ins_at_once_one_supersedes_what_a_chore_marked
            a_pictures_key_can_be_detached_again_and_again
        }
        $crate::__conformance_tests! { $fixture, $test, $crate::conformance::attendance_repo::lists,
            records_are_listed_once_each_by_date_group_slot_and_attendee
            both_ends_of_a_range_of_records_are_included
            records_are_filtered_by_group_and_by_attendee
            of_a_corrected_record_only_the_standing_version_is_listed
            check_ins_are_listed_once_each_the_latest_capture_first
            check_ins_of_one_instant_are_listed_once_each
            check_ins_are_listed_from_an_instant_on_and_before_another
            check_ins_with_a_stranger_or_with_a_picture_are_listed_where_asked_for
            check_ins_that_name_an_attendee_are_listed_however_they_name_them
            a_cursor_that_no_ledger_list_made_is_refused
        }
        $crate::__conformance_tests! { $fixture, $test, $crate::conformance::attendance_repo::audit,
            every_act_is_in_the_audit
            an_act_that_is_refused_leaves_no_entry
            of_many_who_act_at_once_the_winner_alone_is_in_the_audit
            an_erasure_is_in_the_audit_once_by_whoever_completed_it
            a_session_that_was_closed_before_leaves_no_second_entry
            what_nobody_did_leaves_no_entry
            an_entry_that_is_stored_again_is_there_once
            an_entry_is_read_back_as_it_was_given
            the_audit_is_listed_once_each_the_latest_first_and_ends_at_the_wall
            a_cursor_that_no_audit_made_is_refused
        }
        $crate::__conformance_tests! { $fixture, $test, $crate::conformance::attendance_repo::outbox,
            an_event_is_pending_for_every_target_until_that_one_acknowledges_it
            an_event_is_not_pending_for_a_target_it_was_not_meant_for
            the_oldest_events_are_given_first_and_at_most_as_many_as_asked_for
            an_event_that_is_stored_again_is_pending_once
            events_are_read_back_as_they_were_stored
            acknowledging_unknown_events_and_acknowledging_again_succeeds
            the_outbox_of_another_organization_is_another
            of_many_who_claim_a_delivery_at_once_one_is_granted
            a_lease_that_ended_can_be_claimed_again_by_one
            a_completed_delivery_is_done_for_ever
            a_delivery_can_be_completed_again_and_without_a_claim
            deliveries_differ_by_case_and_end_at_the_wall
        }
    };
}
