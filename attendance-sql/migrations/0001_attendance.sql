-- One schema for three engines. What stands in braces differs between them: see src/dialect.rs.
-- Instants are microseconds since 1970-01-01T00:00:00Z, dates are ISO 8601 texts, which sort. What is only carried, not
-- searched for, is a JSON document. Personal data stand in `attendees` and `subjects`, and in the `reason` columns.

CREATE TABLE organizations (
    id VARCHAR(48) {binary} NOT NULL PRIMARY KEY,
    zone VARCHAR(64) {binary} NOT NULL,
    policy {document} NOT NULL,
    created_at BIGINT NOT NULL,
    version BIGINT NOT NULL
) {table};

-- `roster` repeats the attendee's groups, so that one read gives one consistent attendee; `rosters` is searched.
CREATE TABLE attendees (
    organization VARCHAR(48) {binary} NOT NULL,
    id VARCHAR(36) {binary} NOT NULL,
    external_id VARCHAR(128) {binary},
    name VARCHAR(200) {binary},
    email VARCHAR(254) {binary},
    phone VARCHAR(16) {binary},
    language VARCHAR(35) {binary},
    attributes {document} NOT NULL,
    roster {document} NOT NULL,
    consent_wording {document},
    consent_at BIGINT,
    enrolment VARCHAR(16) {binary} NOT NULL,
    -- 0: not asked for, 1: asked for, 2: complete
    erasure BIGINT NOT NULL,
    erasure_requested_at BIGINT,
    erasure_completed_at BIGINT,
    registered_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (organization, id),
    FOREIGN KEY (organization) REFERENCES organizations (id)
) {table};

CREATE UNIQUE INDEX attendees_by_external_id ON attendees (organization, external_id);
CREATE INDEX attendees_by_erasure ON attendees (organization, erasure, id);

CREATE TABLE rosters (
    organization VARCHAR(48) {binary} NOT NULL,
    group_id VARCHAR(64) {binary} NOT NULL,
    attendee VARCHAR(36) {binary} NOT NULL,
    PRIMARY KEY (organization, group_id, attendee),
    FOREIGN KEY (organization, attendee) REFERENCES attendees (organization, id)
) {clustered};

CREATE INDEX rosters_by_attendee ON rosters (organization, attendee);

CREATE TABLE group_plans (
    organization VARCHAR(48) {binary} NOT NULL,
    id VARCHAR(64) {binary} NOT NULL,
    name VARCHAR(200) {binary},
    zone VARCHAR(64) {binary} NOT NULL,
    timetable {document} NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (organization, id),
    FOREIGN KEY (organization) REFERENCES organizations (id)
) {table};

-- `identity` is issuer and subject as one JSON array.
CREATE TABLE subjects (
    organization VARCHAR(48) {binary} NOT NULL,
    identity VARCHAR(640) {binary} NOT NULL,
    attendee VARCHAR(36) {binary} NOT NULL,
    PRIMARY KEY (organization, identity),
    FOREIGN KEY (organization, attendee) REFERENCES attendees (organization, id)
) {clustered};

CREATE INDEX subjects_by_attendee ON subjects (organization, attendee);

CREATE TABLE sessions (
    organization VARCHAR(48) {binary} NOT NULL,
    held_on VARCHAR(16) {binary} NOT NULL,
    group_id VARCHAR(64) {binary} NOT NULL,
    slot BIGINT NOT NULL,
    opens_at BIGINT NOT NULL,
    late_after BIGINT,
    closes_at BIGINT NOT NULL,
    marks_absent BIGINT NOT NULL,
    closed_at BIGINT,
    PRIMARY KEY (organization, held_on, group_id, slot),
    FOREIGN KEY (organization) REFERENCES organizations (id)
) {clustered};

CREATE INDEX sessions_by_group ON sessions (organization, group_id, held_on, slot);
CREATE INDEX sessions_due ON sessions (organization, closed_at, closes_at);

CREATE TABLE check_ins (
    organization VARCHAR(48) {binary} NOT NULL,
    id VARCHAR(128) {binary} NOT NULL,
    captured_at BIGINT NOT NULL,
    stranger BIGINT NOT NULL,
    image VARCHAR(512) {binary},
    document {document} NOT NULL,
    PRIMARY KEY (organization, id),
    FOREIGN KEY (organization) REFERENCES organizations (id)
) {table};

CREATE INDEX check_ins_by_capture ON check_ins (organization, captured_at, id);
CREATE INDEX check_ins_with_stranger ON check_ins (organization, stranger, captured_at, id);

CREATE TABLE check_in_attendees (
    organization VARCHAR(48) {binary} NOT NULL,
    attendee VARCHAR(36) {binary} NOT NULL,
    captured_at BIGINT NOT NULL,
    check_in VARCHAR(128) {binary} NOT NULL,
    PRIMARY KEY (organization, attendee, captured_at, check_in),
    FOREIGN KEY (organization, check_in) REFERENCES check_ins (organization, id)
) {clustered};

CREATE TABLE records (
    organization VARCHAR(48) {binary} NOT NULL,
    held_on VARCHAR(16) {binary} NOT NULL,
    group_id VARCHAR(64) {binary} NOT NULL,
    slot BIGINT NOT NULL,
    attendee VARCHAR(36) {binary} NOT NULL,
    status VARCHAR(16) {binary} NOT NULL,
    method {document} NOT NULL,
    reason {document},
    happened_at BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    check_in VARCHAR(128) {binary},
    version BIGINT NOT NULL,
    PRIMARY KEY (organization, held_on, group_id, slot, attendee),
    FOREIGN KEY (organization) REFERENCES organizations (id)
) {clustered};

CREATE INDEX records_by_group ON records (organization, group_id, held_on, slot, attendee);
CREATE INDEX records_by_attendee ON records (organization, attendee, held_on, group_id, slot);

-- The versions before the one that stands in `records`.
CREATE TABLE record_history (
    organization VARCHAR(48) {binary} NOT NULL,
    held_on VARCHAR(16) {binary} NOT NULL,
    group_id VARCHAR(64) {binary} NOT NULL,
    slot BIGINT NOT NULL,
    attendee VARCHAR(36) {binary} NOT NULL,
    status VARCHAR(16) {binary} NOT NULL,
    method {document} NOT NULL,
    reason {document},
    happened_at BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    check_in VARCHAR(128) {binary},
    version BIGINT NOT NULL,
    PRIMARY KEY (organization, attendee, held_on, group_id, slot, version)
) {clustered};

-- What is pending, once for each target; an acknowledged row is deleted.
CREATE TABLE outbox (
    sequence {sequence},
    organization VARCHAR(48) {binary} NOT NULL,
    target VARCHAR(32) {binary} NOT NULL,
    event VARCHAR(256) {binary} NOT NULL,
    document {document} NOT NULL
) {table};

CREATE UNIQUE INDEX outbox_events ON outbox (organization, target, event);
CREATE INDEX outbox_pending ON outbox (organization, target, sequence);

CREATE TABLE deliveries (
    organization VARCHAR(48) {binary} NOT NULL,
    delivery VARCHAR(300) {binary} NOT NULL,
    lease_until BIGINT NOT NULL,
    done BIGINT NOT NULL,
    PRIMARY KEY (organization, delivery),
    FOREIGN KEY (organization) REFERENCES organizations (id)
) {clustered};

CREATE TABLE audit_entries (
    organization VARCHAR(48) {binary} NOT NULL,
    id VARCHAR(36) {binary} NOT NULL,
    happened_at BIGINT NOT NULL,
    actor VARCHAR(128) {binary} NOT NULL,
    action VARCHAR(32) {binary} NOT NULL,
    attendee VARCHAR(36) {binary},
    PRIMARY KEY (organization, id),
    FOREIGN KEY (organization) REFERENCES organizations (id)
) {clustered};

CREATE INDEX audit_by_time ON audit_entries (organization, happened_at, id);
