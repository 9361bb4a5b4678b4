-- What was applied, and when. It is there before any migration.
create schema if not exists marbre;
create table if not exists marbre.migrations (
    name       text primary key,
    sha256     text not null,
    applied_at timestamptz not null default clock_timestamp()
);
-- `triggers` as pg_get_triggerdef writes them. A server does not start on a set that is retired: it is about to go.
create table if not exists marbre.definition_sets (
    name       text primary key,
    sha256     text not null,
    triggers   text[] not null,
    applied_at timestamptz not null default clock_timestamp(),
    retired_at timestamptz
)
