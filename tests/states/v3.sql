BEGIN TRANSACTION;
CREATE TABLE drafts (
        account TEXT, digest TEXT, message_id TEXT NOT NULL, operator TEXT NOT NULL, topic TEXT NOT NULL,
        outcome TEXT NOT NULL CHECK (outcome IN ('intended', 'saved', 'undone', 'doubtful')),
        mailbox TEXT NOT NULL, uid_validity INTEGER NOT NULL, uid_next INTEGER NOT NULL, at TEXT NOT NULL, place TEXT NOT NULL DEFAULT '',
        PRIMARY KEY (account, digest)
    ) WITHOUT ROWID, STRICT;
INSERT INTO "drafts" VALUES('anne@example.org','00000000000000000000000000000000','<noreply-analyzer.00000000000000000000000000000000@example.org>','telecom-exemple','billing','saved','Brouillons',7,41,'2026-11-24T08:00:00+00:00','anne@example.org anne@imap.example.org');
INSERT INTO "drafts" VALUES('anne@example.org','33333333333333333333333333333333','<noreply-analyzer.33333333333333333333333333333333@example.org>','colis-exemple','delivery','intended','Brouillons',7,42,'2026-11-24T08:01:00+00:00','anne@example.org anne@imap.example.org');
CREATE TABLE keys (
        name TEXT PRIMARY KEY, records TEXT NOT NULL, expires TEXT NOT NULL
    ) WITHOUT ROWID, STRICT;
INSERT INTO "keys" VALUES('s1._domainkey.telecom.example','["v=DKIM1; p=AAAA", "\u0080\u0081\u0082\u0083\u0084\u0085\u0086\u0087\u0088\u0089\u008a\u008b\u008c\u008d\u008e\u008f\u0090\u0091\u0092\u0093\u0094\u0095\u0096\u0097\u0098\u0099\u009a\u009b\u009c\u009d\u009e\u009f"]','2026-11-25T08:00:00+00:00');
CREATE TABLE members (
        account TEXT, digest TEXT, key TEXT, PRIMARY KEY (account, digest, key)
    ) WITHOUT ROWID, STRICT;
INSERT INTO "members" VALUES('anne@example.org','00000000000000000000000000000000','11111111111111111111111111111111');
INSERT INTO "members" VALUES('anne@example.org','00000000000000000000000000000000','22222222222222222222222222222222');
INSERT INTO "members" VALUES('anne@example.org','33333333333333333333333333333333','44444444444444444444444444444444');
CREATE TABLE messages (
        account TEXT, key TEXT, action TEXT NOT NULL, rule TEXT NOT NULL, at TEXT NOT NULL,
        PRIMARY KEY (account, key)
    ) WITHOUT ROWID, STRICT;
INSERT INTO "messages" VALUES('anne@example.org','11111111111111111111111111111111','draft','unanswerable-proven','2026-11-24T08:00:00+00:00');
INSERT INTO "messages" VALUES('anne@example.org','22222222222222222222222222222222','draft','unanswerable-proven','2026-11-24T08:00:00+00:00');
INSERT INTO "messages" VALUES('anne@example.org','55555555555555555555555555555555','tell','unproven','2026-11-24T08:00:00+00:00');
CREATE TABLE positions (
        account TEXT, mailbox TEXT, uid_validity INTEGER NOT NULL, uid_next INTEGER NOT NULL,
        PRIMARY KEY (account, mailbox)
    ) WITHOUT ROWID, STRICT;
INSERT INTO "positions" VALUES('anne@example.org anne@imap.example.org','INBOX',1,43);
CREATE TABLE seen_keys (
        name TEXT, record TEXT, first TEXT NOT NULL, last TEXT NOT NULL, PRIMARY KEY (name, record)
    ) WITHOUT ROWID, STRICT;
INSERT INTO "seen_keys" VALUES('s1._domainkey.telecom.example','v=DKIM1; p=BBBBÿ','2026-11-15T08:00:00+00:00','2026-11-22T08:00:00+00:00');
CREATE TABLE waiting (
        account TEXT, mailbox TEXT, uid_validity INTEGER, uid INTEGER,
        received TEXT, rule TEXT NOT NULL, since TEXT NOT NULL,
        PRIMARY KEY (account, mailbox, uid_validity, uid)
    ) WITHOUT ROWID, STRICT;
INSERT INTO "waiting" VALUES('anne@example.org anne@imap.example.org','Éléments',1,42,'2026-11-23T08:00:00+00:00','dns-later','2026-11-24T08:00:00+00:00');
COMMIT;
PRAGMA user_version = 3;
