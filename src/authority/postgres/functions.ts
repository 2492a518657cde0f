/* What happens for each batch of uses, in one round trip each: functions of the database. */

/** The span of the sliding window that a rate limit counts. */
const windowMs = 60_000;

/** How long leased slots may be used. */
export const leaseMs = 1000;

/** Moments that a row of slots holds before it takes neighbours together. */
const maxMoments = 120;
const coarseMs = 500;

/**
 * Reserves slots in the sliding window of each key: as many as asked for, or as many as are left. `extra` slots are leased on
 * top where more than a tenth of the limit remains after them, and count from the end of their lease on, so that the window
 * never holds more than the limit whenever they are used. Exact across all servers: a row per key is locked, in the order of
 * the keys, and the clock is the database's unless one is given. A refusal locks and writes nothing. Slots that lie close
 * together count from the later moment.
 */
export const reserveSlots = `
  CREATE FUNCTION reserve_slots(requests JSON, given_now BIGINT)
  RETURNS TABLE (key TEXT, granted BIGINT, leased BIGINT, before BIGINT, frees_at BIGINT, moment BIGINT)
  LANGUAGE plpgsql AS $$
  DECLARE
    request RECORD;
    times BIGINT[];
    counts BIGINT[];
    is_locked BOOLEAN;
  BEGIN
    FOR request IN
      SELECT item ->> 0 AS key_id, (item ->> 1)::BIGINT AS "limit", (item ->> 2)::BIGINT AS wanted,
             (item ->> 3)::BIGINT AS extra
      FROM json_array_elements(requests) AS item ORDER BY (item ->> 0) COLLATE "C"
    LOOP
      key := request.key_id;
      is_locked := FALSE;
      SELECT s.at, s.taken INTO times, counts FROM slots s WHERE s.key_id = request.key_id;
      IF NOT FOUND THEN
        INSERT INTO slots (key_id, at, taken) VALUES (request.key_id, '{}', '{}') ON CONFLICT DO NOTHING;
      END IF;
      LOOP
        moment := COALESCE(given_now, floor(extract(epoch FROM clock_timestamp()) * 1000));
        -- After a clock was set back, slots from the future count as reserved now.
        SELECT COALESCE(array_agg(t ORDER BY t), '{}'), COALESCE(array_agg(c ORDER BY t), '{}'), COALESCE(SUM(c), 0)
        INTO times, counts, before
        FROM (SELECT CASE WHEN u.t > moment + ${leaseMs} THEN moment ELSE u.t END AS t, SUM(u.c)::BIGINT AS c
              FROM unnest(times, counts) AS u (t, c) WHERE u.t > moment - ${windowMs} GROUP BY 1) AS kept;
        granted := LEAST(request.wanted, GREATEST(0, request."limit" - before));
        EXIT WHEN is_locked OR (granted = 0 AND request.wanted > 0);
        SELECT s.at, s.taken INTO times, counts FROM slots s WHERE s.key_id = request.key_id FOR UPDATE;
        is_locked := TRUE;
      END LOOP;
      leased := 0;
      IF granted = request.wanted THEN
        leased := LEAST(request.extra, GREATEST(0, request."limit" * 9 / 10 - before - granted));
      END IF;
      frees_at := COALESCE(times[1], moment);
      IF before > request."limit" THEN
        SELECT t INTO frees_at FROM (SELECT u.t, SUM(u.c) OVER (ORDER BY u.t) AS passed FROM unnest(times, counts) AS u (t, c)) AS p
        WHERE passed > before - request."limit" ORDER BY t LIMIT 1;
      END IF;
      IF granted + leased > 0 THEN
        SELECT array_agg(t ORDER BY t), array_agg(c ORDER BY t) INTO times, counts
        FROM (SELECT MAX(u.t) AS t, SUM(u.c)::BIGINT AS c
              FROM (SELECT * FROM unnest(times, counts) AS old (t, c)
                    UNION ALL SELECT moment, granted WHERE granted > 0
                    UNION ALL SELECT moment + ${leaseMs}, leased WHERE leased > 0) AS u
              GROUP BY CASE WHEN cardinality(times) < ${maxMoments} THEN u.t ELSE u.t / ${coarseMs} END) AS merged;
        UPDATE slots s SET at = times, taken = counts WHERE s.key_id = request.key_id;
      END IF;
      RETURN NEXT;
    END LOOP;
  END $$`;

/** Counters stop at the largest integer that JavaScript represents exactly. */
const max = Number.MAX_SAFE_INTEGER;

/**
 * Writes the log rows of uses and adds them to the counters of their keys and days, and to the month's spending, one part of
 * it. Locks the keys in their order, so that servers wait for each other and never in a circle. Uses that cost nothing need
 * not be on disk when it returns. Returns the keys that do not exist. A batch that was recorded before is not recorded again.
 */
export const recordUses = `
  CREATE FUNCTION record_uses(batch UUID, uses_json JSON, spending_part BIGINT) RETURNS TABLE (unknown_key TEXT)
  LANGUAGE plpgsql AS $$
  BEGIN
    INSERT INTO commits (id, at) VALUES (batch, floor(extract(epoch FROM clock_timestamp()) * 1000)) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
      RETURN;
    END IF;
    RETURN QUERY
    WITH item AS MATERIALIZED (
      SELECT (e ->> 0) COLLATE "C" AS key_id, (e ->> 1)::BIGINT AS at, e ->> 2 AS method, e ->> 3 AS path, (e ->> 4)::BIGINT AS status,
             e ->> 5 AS ip, e ->> 6 AS model, (e ->> 7)::BIGINT AS requests, (e ->> 8)::BIGINT AS tokens,
             (e ->> 9)::BIGINT AS cost, (e ->> 10)::BIGINT AS charge, (e ->> 11)::BIGINT AS refused,
             (e ->> 12)::BIGINT AS logged, (e ->> 13)::BIGINT AS times, e ->> 14 AS day, place
      FROM json_array_elements(uses_json) WITH ORDINALITY AS u (e, place)
    ),
    locked AS MATERIALIZED (
      SELECT k.id FROM keys k WHERE k.id IN (SELECT key_id FROM item) ORDER BY k.id FOR NO KEY UPDATE
    ),
    known AS MATERIALIZED (SELECT item.* FROM item JOIN locked ON locked.id = item.key_id),
    logged AS (
      INSERT INTO uses (key_id, at, method, path, status, ip, model, requests, tokens, cost_micros)
      SELECT key_id, at, method, path, status, ip, model, requests, tokens, cost
      FROM known CROSS JOIN LATERAL generate_series(1, times) WHERE logged = 1 ORDER BY place
    ),
    sums AS (
      SELECT key_id, SUM(requests * times) AS requests, SUM(tokens * times) AS tokens, SUM(charge * times) AS charge,
             MAX(at) AS last_at, (array_agg(ip ORDER BY place DESC) FILTER (WHERE ip IS NOT NULL))[1] AS last_ip
      FROM known GROUP BY key_id
    ),
    counted AS (
      UPDATE keys k SET requests = LEAST(k.requests + s.requests, ${max}), tokens = LEAST(k.tokens + s.tokens, ${max}),
                        spent_micros = LEAST(k.spent_micros + s.charge, ${max}),
                        last_used_at = GREATEST(COALESCE(k.last_used_at, 0), s.last_at),
                        last_used_ip = COALESCE(s.last_ip, k.last_used_ip)
      FROM sums s WHERE k.id = s.key_id
    ),
    days AS (
      INSERT INTO usage_days AS d (key_id, day, requests, tokens, spent_micros, refused)
      SELECT key_id, day, LEAST(SUM(requests * times), ${max}), LEAST(SUM(tokens * times), ${max}),
             LEAST(SUM(cost * times), ${max}), LEAST(SUM(refused * times), ${max})
      FROM known GROUP BY key_id, day ORDER BY key_id, day
      ON CONFLICT (key_id, day) DO UPDATE SET
        requests = LEAST(d.requests + excluded.requests, ${max}), tokens = LEAST(d.tokens + excluded.tokens, ${max}),
        spent_micros = LEAST(d.spent_micros + excluded.spent_micros, ${max}),
        refused = LEAST(d.refused + excluded.refused, ${max})
    ),
    months AS (
      INSERT INTO spending AS m (month, part, micros)
      SELECT left(day, 7), spending_part, LEAST(SUM(cost * times), ${max}) FROM known WHERE cost > 0
      GROUP BY left(day, 7) ORDER BY left(day, 7)
      ON CONFLICT (month, part) DO UPDATE SET micros = LEAST(m.micros + excluded.micros, ${max})
    )
    SELECT DISTINCT item.key_id::TEXT FROM item WHERE item.key_id NOT IN (SELECT id FROM locked);
    IF NOT EXISTS (SELECT 1 FROM json_array_elements(uses_json) AS e WHERE (e ->> 10)::BIGINT > 0) THEN
      PERFORM set_config('synchronous_commit', 'off', TRUE);
    END IF;
  END $$`;
