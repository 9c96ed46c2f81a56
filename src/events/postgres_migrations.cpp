// The tables and views, as SQL. docs/EVENTS.md explains them to those who ask.
#include "events/postgres_schema.h"

namespace bidwell::events {
namespace {

// Wide columns first: no padding. bid_at is the same in all events of a bid, so both tables have it as their partition
// key and a notice's key holds over all days.
constexpr char kTables[] = R"sql(
CREATE TABLE bidwell.bids (
  bid_at       timestamptz NOT NULL,
  price_micros bigint      NOT NULL,
  sample_ppm   integer     NOT NULL CHECK (sample_ppm > 0),
  currency     text        NOT NULL,
  bid_id       text        NOT NULL COLLATE "C",
  exchange     text        NOT NULL,
  campaign_id  text        NOT NULL,
  creative_id  text        NOT NULL,
  auction_id   text        NOT NULL,
  imp_id       text        NOT NULL,
  deal_id      text,
  user_key     bytea
) PARTITION BY RANGE (bid_at);
CREATE INDEX ON bidwell.bids USING brin (bid_at) WITH (autosummarize = on);

CREATE TABLE bidwell.notices (
  bid_at            timestamptz NOT NULL,
  received_at       timestamptz NOT NULL,
  price_micros      bigint,
  price_max_micros  bigint,
  min_to_win_micros bigint,
  loss_reason       integer,
  late              boolean     NOT NULL,
  kind              text        NOT NULL COLLATE "C" CHECK (kind IN ('win', 'bill', 'loss', 'imp', 'click')),
  currency          text        NOT NULL,
  bid_id            text        NOT NULL COLLATE "C",
  exchange          text        NOT NULL,
  campaign_id       text        NOT NULL,
  creative_id       text        NOT NULL,
  imp_id            text        NOT NULL,
  client            text,
  user_key          bytea,
  UNIQUE (bid_id, kind, bid_at)
) PARTITION BY RANGE (bid_at);
CREATE INDEX ON bidwell.notices USING brin (bid_at) WITH (autosummarize = on);

CREATE TABLE bidwell.journal_position (
  journal    text        PRIMARY KEY,
  position   bigint      NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE bidwell.rejected (
  at       timestamptz NOT NULL DEFAULT now(),
  position bigint      NOT NULL,
  journal  text        NOT NULL,
  reason   text        NOT NULL,
  event    bytea       NOT NULL
);

CREATE TABLE bidwell.settings (
  name  text PRIMARY KEY,
  value text NOT NULL
);
)sql";

// The views that sum up walk the days or hours and look at each by itself (LATERAL), so that a condition on `day` or
// `hour` reads only those partitions.
constexpr char kViews[] = R"sql(
CREATE VIEW bidwell.days AS
SELECT day, day::timestamp AT TIME ZONE 'UTC' AS since, (day + 1)::timestamp AT TIME ZONE 'UTC' AS until
FROM (
  -- CASE, as this may be asked of any table's name before the join.
  SELECT CASE WHEN relname ~ '^bids_[0-9]{8}$' THEN to_date(right(relname, 8), 'YYYYMMDD') END AS day
  FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
  WHERE inhparent = 'bidwell.bids'::regclass
) partitions
WHERE day IS NOT NULL;

CREATE FUNCTION bidwell.loss_after() RETURNS interval LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT coalesce((SELECT value::interval FROM bidwell.settings WHERE name = 'loss_after'), interval '1 hour')
$$;

-- What the notices say of the bids of a time, one row a bid. Flags are 0 or 1, to be summed.
CREATE FUNCTION bidwell.answers(since timestamptz, until timestamptz)
RETURNS TABLE (bid_id text, bid_at timestamptz, exchange text, campaign_id text, currency text, won integer,
               billed integer, lost integer, shown integer, clicked integer, spent_cpm_micros bigint,
               unpriced_cpm_micros bigint)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT bid_id, bid_at, exchange, campaign_id, currency, greatest(won, billed, shown, clicked), billed,
         CASE WHEN greatest(won, billed, shown, clicked) = 0 THEN 1 ELSE 0 END, shown, clicked,
         CASE WHEN billed = 1 THEN coalesce(bill_price, win_price) END,
         CASE WHEN billed = 1 AND bill_price IS NULL AND win_price IS NULL THEN coalesce(price_max, 0) END
  FROM (
    SELECT bid_id, bid_at, min(exchange) AS exchange, min(campaign_id) AS campaign_id, min(currency) AS currency,
           max(CASE kind WHEN 'win' THEN 1 ELSE 0 END) AS won, max(CASE kind WHEN 'bill' THEN 1 ELSE 0 END) AS billed,
           max(CASE kind WHEN 'imp' THEN 1 ELSE 0 END) AS shown, max(CASE kind WHEN 'click' THEN 1 ELSE 0 END) AS clicked,
           max(CASE kind WHEN 'win' THEN price_micros END) AS win_price,
           max(CASE kind WHEN 'bill' THEN price_micros END) AS bill_price, max(price_max_micros) AS price_max
    FROM bidwell.notices
    WHERE bid_at >= since AND bid_at < until
    GROUP BY bid_id, bid_at
  ) told
$$;

CREATE VIEW bidwell.outcomes AS
SELECT b.bid_at, b.bid_id, b.exchange, b.campaign_id, b.creative_id, b.auction_id, b.imp_id, b.deal_id, b.user_key,
       b.price_micros, b.currency, b.sample_ppm,
       CASE WHEN n.billed THEN 'billed' WHEN n.won THEN 'won' WHEN n.lost THEN 'lost'
            WHEN b.bid_at < now() - bidwell.loss_after() THEN 'lost_inferred' ELSE 'open' END AS outcome,
       coalesce(n.shown, false) AS shown, coalesce(n.clicked, false) AS clicked,
       coalesce(n.bill_price, n.win_price) AS paid_micros, n.loss_reason, n.min_to_win_micros,
       coalesce(n.late, false) AS late
FROM bidwell.bids b
CROSS JOIN LATERAL (
  SELECT bool_or(kind = 'bill') AS billed, bool_or(kind <> 'loss') AS won, bool_or(kind = 'loss') AS lost,
         bool_or(kind = 'imp') AS shown, bool_or(kind = 'click') AS clicked, bool_or(notices.late) AS late,
         max(notices.price_micros) FILTER (WHERE kind = 'bill') AS bill_price,
         max(notices.price_micros) FILTER (WHERE kind = 'win') AS win_price,
         max(notices.loss_reason) AS loss_reason, max(notices.min_to_win_micros) AS min_to_win_micros
  FROM bidwell.notices WHERE notices.bid_id = b.bid_id AND notices.bid_at = b.bid_at
) n;

CREATE VIEW bidwell.hourly AS
SELECT hour, exchange, campaign_id, currency, bids, wins, billed, losses, losses_inferred, impressions, clicks,
       round(wins::numeric / nullif(bids, 0), 6) AS win_rate,
       round(clicks::numeric / nullif(impressions, 0), 6) AS ctr,
       spend_micros, spend_micros * 0.000001 AS spend, unpriced
FROM bidwell.days
CROSS JOIN LATERAL generate_series(since, since + interval '23 hours', interval '1 hour') AS hour
CROSS JOIN LATERAL (
  SELECT coalesce(b.exchange, n.exchange) AS exchange, coalesce(b.campaign_id, n.campaign_id) AS campaign_id,
         coalesce(n.currency, b.currency) AS currency,
         coalesce(round(sum(1e6::float8 / b.sample_ppm)), 0)::bigint AS bids,
         coalesce(sum(n.won), 0) AS wins, coalesce(sum(n.billed), 0) AS billed, coalesce(sum(n.lost), 0) AS losses,
         coalesce(round(sum(1e6::float8 / b.sample_ppm) FILTER (
           WHERE n.bid_id IS NULL AND b.bid_at < now() - bidwell.loss_after())), 0)::bigint AS losses_inferred,
         coalesce(sum(n.shown), 0) AS impressions, coalesce(sum(n.clicked), 0) AS clicks,
         coalesce(sum(n.spent_cpm_micros), 0) * 0.001 AS spend_micros, count(n.unpriced_cpm_micros) AS unpriced
  FROM (SELECT * FROM bidwell.bids WHERE bid_at >= hour AND bid_at < hour + interval '1 hour') b
  FULL JOIN bidwell.answers(hour, hour + interval '1 hour') n ON n.bid_id = b.bid_id AND n.bid_at = b.bid_at
  GROUP BY 1, 2, 3
) summed;

CREATE VIEW bidwell.spend AS
SELECT day, campaign_id, currency, billed, spend_micros, spend_micros * 0.000001 AS spend, unpriced,
       unpriced_max_micros, unpriced_max_micros * 0.000001 AS unpriced_max
FROM bidwell.days
CROSS JOIN LATERAL (
  SELECT campaign_id, currency, sum(billed) AS billed, coalesce(sum(spent_cpm_micros), 0) * 0.001 AS spend_micros,
         count(unpriced_cpm_micros) AS unpriced, coalesce(sum(unpriced_cpm_micros), 0) * 0.001 AS unpriced_max_micros
  FROM bidwell.answers(since, until) WHERE billed = 1
  GROUP BY 1, 2
) summed;
)sql";

// What the budgets' ledger is held against. Rows of days that are dropped are summed up before.
constexpr char kBudgets[] = R"sql(
ALTER TABLE bidwell.notices ADD COLUMN spend_nanos bigint, ADD COLUMN budget_currency text;

CREATE TABLE bidwell.spend_archive (
  campaign_id text    PRIMARY KEY,
  spend_nanos numeric NOT NULL
);

CREATE VIEW bidwell.budget_spend AS
SELECT day, campaign_id, currency, spend_nanos, spend_nanos * 0.000000001 AS spend
FROM bidwell.days
CROSS JOIN LATERAL (
  SELECT campaign_id, budget_currency AS currency, sum(spend_nanos) AS spend_nanos
  FROM bidwell.notices WHERE bid_at >= since AND bid_at < until AND spend_nanos IS NOT NULL
  GROUP BY 1, 2
) summed;
)sql";

constexpr Migration kMigrations[] = {{"tables", kTables}, {"views", kViews}, {"budgets", kBudgets}};

}  // namespace

std::span<const Migration> migrations() {
  return kMigrations;
}

}  // namespace bidwell::events
