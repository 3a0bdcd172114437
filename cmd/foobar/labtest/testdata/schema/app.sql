SET NAMES utf8mb4

SELECT CONVERT_TZ('2004-01-01 12:00:00', 'GMT', 'Europe/Zurich') -- IS 2004-01-01 13:00:00

SET time_zone = 'America/New_York'

SET time_zone = DEFAULT

DELETE FROM all_parents

INSERT INTO all_parents (id, name) VALUES (1, 'Ünï 😀 naïve \\ ''quoted'''), (2, 'two'), (3, 'three')

INSERT INTO all_children (parent_id, price, amount, doc, body, raw, bits, flags, place) VALUES
 (1, 2.50, 4, '{"name": "first", "list": [1, 2, {"a": "😀"}]}', 'the quick brown fox', REPEAT(UNHEX('00FF0A0D271A5C22'), 500000), b'10101010', 'a,c', POINT(1, 2)),
 (2, 1, 1, NULL, NULL, NULL, b'1', '', POINT(3, 4)),
 (3, 1, 1, JSON_OBJECT('name', 'last'), 'a lazy dog', '', b'0', NULL, POINT(0, 0))

SELECT total FROM all_children WHERE doc_name = 'first' -- IS 10.00

SELECT body FROM all_children WHERE parent_id = 2 -- IS nothing; said "here"

SELECT COUNT(*) FROM all_children WHERE MATCH (body) AGAINST ('+fox' IN BOOLEAN MODE) -- IS 1

SELECT COUNT(*) FROM all_children, JSON_TABLE(doc, '$.list[*]' COLUMNS (v VARCHAR(20) PATH '$')) AS j WHERE parent_id = 1 -- IS 3

UPDATE all_children SET body = 'changed' WHERE parent_id = 3

SELECT body FROM all_children WHERE parent_id = 3 -- IS changed !

SELECT seen FROM all_parents WHERE id = 1 -- IS 1

DELETE FROM all_parents WHERE id = 2

SELECT COUNT(*) FROM all_children -- IS 2

SELECT COUNT(*) FROM all_of_totals -- IS 2

SELECT all_count() -- IS 2

SELECT all_chance() < 1 -- IS 1

TRUNCATE TABLE all_log

CALL all_fill(400)

SELECT COUNT(*) FROM all_log PARTITION (p2025) -- IS 214

CALL all_old_text()

CREATE TEMPORARY TABLE all_scratch (id INT PRIMARY KEY, t TEXT) SELECT id, name AS t FROM all_parents

INSERT INTO all_scratch VALUES (100, 'x')

ALTER TABLE all_scratch ADD COLUMN more INT

START TRANSACTION

INSERT INTO all_keyless SELECT id, LEFT(t, 50) FROM all_scratch

CREATE TEMPORARY TABLE all_scratch_two (id INT)

DROP TEMPORARY TABLE all_scratch_two

SAVEPOINT here

DELETE FROM all_keyless

ROLLBACK TO SAVEPOINT here

COMMIT

SELECT COUNT(*) >= 3 FROM all_keyless -- IS 1

DROP TEMPORARY TABLE all_scratch

LOCK TABLES all_keyless WRITE, all_parents READ

INSERT INTO all_keyless VALUES (7, 'locked'), (7, 'locked')

UNLOCK TABLES

DELETE FROM all_keyless WHERE n = 7 LIMIT 1

SELECT GET_LOCK('all', 1) -- IS 1

SELECT RELEASE_LOCK('all') -- IS 1

START TRANSACTION

SELECT id FROM all_parents ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED -- IS 1

COMMIT

SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED

INSERT INTO all_parents (id, name) VALUES (3, 'x') ON DUPLICATE KEY UPDATE name = 'three again'

REPLACE INTO `all odd `` ' % \ é names` VALUES (1, 'a\\b''c😀'), (2, NULL)

REPLACE INTO all_latin VALUES (1, 'Zürich €')

SELECT HEX(t) FROM all_latin -- IS 5AFC726963682080

REPLACE INTO all_quick VALUES (1, 'gone after a restart'), (2, 'two')

REPLACE INTO all_isam VALUES (1, 'a table that knows no transactions')

REPLACE INTO all_types (id, at) VALUES (DEFAULT, NULL)

-- mariadb
SELECT NEXT VALUE FOR all_numbers >= 100 -- IS 1

-- mariadb
REPLACE INTO all_history VALUES (1, 'one')

-- mariadb
UPDATE all_history SET t = 'two'

SET SESSION sql_mode = ''

INSERT INTO all_zeros (s, n) VALUES ('', 0)

SELECT COUNT(*) > 0 FROM all_zeros WHERE d = '0000-00-00' -- IS 1

SET SESSION sql_mode = DEFAULT

ANALYZE TABLE all_parents, all_children

OPTIMIZE TABLE all_keyless

CHECK TABLE all_parents

SHOW CREATE TABLE all_children

SHOW CREATE VIEW all_totals

SHOW CREATE PROCEDURE all_fill

SHOW TRIGGERS

SHOW EVENTS

SHOW PROCESSLIST

EXPLAIN SELECT * FROM all_totals
