DROP EVENT all_nightly

DROP EVENT all_off

DROP EVENT all_zoned

DROP PROCEDURE all_fill

DROP PROCEDURE all_old_text

DROP FUNCTION all_count

DROP FUNCTION all_chance

DROP VIEW all_totals, all_of_totals, all_totals_twice, all_broken, all_broken_too

DROP TABLE IF EXISTS all_children, all_parents, all_log, `all odd `` ' % \ é names`, all_latin, all_quick, all_isam, all_keyless, all_zeros, all_chosen, all_types

-- mariadb
DROP SEQUENCE all_numbers

-- mariadb
DROP TABLE all_history
