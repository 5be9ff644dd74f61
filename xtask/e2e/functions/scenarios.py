"""Tries a deployment: reads `deployment.json`, acts as people do, and says how each scenario went.

Ends with 1 at the first that fails, with what was seen and the functions' logs.
"""

import argparse
import json
import sys
import time
import traceback

import journal
import people
import world
from deployment import Deployment, Wrong
from scenario import access, batches, bulk, check_in, logs, refusal, schedule

# Each builds on those before it.
SCENARIOS = [
    check_in.the_home_organization_is_there_for_its_admin,
    access.the_document_and_the_states_of_health_need_no_token,
    access.both_tokens_of_a_user_are_taken,
    check_in.a_face_is_enrolled_through_the_api,
    check_in.a_kiosk_uploads_a_photo_and_learns_who_it_is,
    check_in.a_stranger_raises_the_operators_alert,
    bulk.an_object_below_an_attendee_is_enrolled,
    bulk.an_object_below_nobody_is_a_dead_letter,
    check_in.the_same_event_five_times_in_disorder_and_at_once_makes_one_record_one_event_and_one_notification,
    refusal.a_picture_that_can_not_be_used_is_a_dead_letter_with_its_reason_and_the_kiosk_is_told_the_same,
    refusal.a_form_takes_nothing_but_the_picture_that_it_was_made_for,
    access.a_token_that_is_none_is_refused,
    access.an_expired_token_is_refused,
    access.a_role_that_is_too_low_is_forbidden,
    access.nobody_sees_through_the_wall_between_organizations,
    schedule.a_sweep_closes_a_session_and_marks_the_absent,
]

# Faults that an emulator's endpoint can be given, and what has to be read from all logs at the end.
WITH_FAULTS = [
    refusal.a_fault_that_passes_is_tried_again,
    batches.exactly_the_failed_items_of_a_batch_are_reported,
    batches.arrivals_and_strangers_are_counted_by_group_and_minute,
]
AT_THE_END = [
    logs.a_check_in_is_found_by_its_id_in_the_logs_of_every_function_on_its_way,
    logs.nothing_personal_is_in_any_log,
    logs.what_is_measured_is_what_happened,
    logs.nothing_failed_that_was_not_made_to,
]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("deployment", help="deployment.json")
    parser.add_argument("--faults", action="store_true", help="also make parts fail; only on an emulator")
    only = "only print the API's address and an admin's token as JSON"
    parser.add_argument("--sign-in", action="store_true", help=only)
    persons = "only make an organization, and print the names and passwords of its admin and its kiosk as JSON"
    parser.add_argument("--people", metavar="ORGANIZATION", help=persons)
    options = parser.parse_args()
    deployment = Deployment.read(options.deployment)
    if options.sign_in:
        known = world.begin(deployment)
        print(json.dumps({"origin": deployment.api, "token": known.tokens["admin"]["access"]}))
        return 0
    if options.people:
        print(json.dumps(people_of(deployment, options.people)))
        return 0
    return run(deployment, [*SCENARIOS, *(WITH_FAULTS if options.faults else []), *AT_THE_END])


def people_of(deployment, organization):
    world.begin(deployment).ask("admin", "POST", "/v1/orgs", {"id": organization, "zone": "UTC"}).was(201)
    names = {role: f"{role}@{organization}.example.org" for role in ["admin", "kiosk"]}
    made = {role: people.make(deployment, name, f"{organization}:{role}") for role, name in names.items()}
    return {role: {"name": name, "password": password} for role, (name, password) in made.items()}


def run(deployment, scenarios):
    try:
        known = world.begin(deployment)
        for scenario in scenarios:
            name = scenario.__name__.replace("_", " ")
            started = time.monotonic()
            try:
                scenario(known)
            except Exception:
                print(f"FAILED  {name} ({time.monotonic() - started:.1f} s)", flush=True)
                raise
            print(f"ok  {name} ({time.monotonic() - started:.1f} s)", flush=True)
    except Exception as error:
        journal.show(deployment)
        # Last, as the end of a log is what is seen first.
        if not isinstance(error, Wrong):
            traceback.print_exc(file=sys.stdout)
        print(f"what was seen: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
