-- What an act was about, besides an attendee: a group, a session, an organization, a token.
ALTER TABLE audit_entries ADD COLUMN about VARCHAR(256) {binary};
