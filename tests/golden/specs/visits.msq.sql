REPLACE INTO "visits"
OVERWRITE WHERE (__time >= TIMESTAMP '2026-01-02 03:00:00' AND __time < TIMESTAMP '2026-01-02 05:00:00')
SELECT
  TIME_FLOOR(CASE WHEN REGEXP_LIKE("ts", '^[0-9]+$') THEN MILLIS_TO_TIMESTAMP(CAST("ts" AS BIGINT)) ELSE TIME_PARSE("ts") END, 'PT1M') AS "__time",
  "user",
  "page",
  "shop",
  COUNT(*) AS "count",
  SUM("bytes") AS "bytes",
  MAX("price") AS "price_max"
FROM TABLE(EXTERN(
  '{"files":["/data/a.json"],"type":"local"}',
  '{"type":"json"}',
  '[{"name":"bytes","type":"long"},{"name":"page","type":"string"},{"name":"price","type":"double"},{"name":"shop","type":"long"},{"name":"ts","type":"string"},{"name":"user","type":"string"}]'
))
WHERE ((CASE WHEN REGEXP_LIKE("ts", '^[0-9]+$') THEN MILLIS_TO_TIMESTAMP(CAST("ts" AS BIGINT)) ELSE TIME_PARSE("ts") END >= TIMESTAMP '2026-01-02 03:00:00' AND CASE WHEN REGEXP_LIKE("ts", '^[0-9]+$') THEN MILLIS_TO_TIMESTAMP(CAST("ts" AS BIGINT)) ELSE TIME_PARSE("ts") END < TIMESTAMP '2026-01-02 05:00:00') OR CASE WHEN REGEXP_LIKE("ts", '^[0-9]+$') THEN MILLIS_TO_TIMESTAMP(CAST("ts" AS BIGINT)) ELSE TIME_PARSE("ts") END IS NULL)
  AND (NOT ("user" = 'o''bot'))
GROUP BY 1, 2, 3, 4
PARTITIONED BY TIME_FLOOR(__time, 'PT1H')
CLUSTERED BY "page"
