-- Run once, as PostgreSQL's superuser, when the volume is empty: who owns the newsroom's database, and who serves it. The
-- owner migrates and is nobody's login but that of `migrate` and `backup`; the server owns nothing.
\set owner_password `cat /run/secrets/owner`
\set server_password `cat /run/secrets/server`
\getenv lang MARBRE_LANG

create role marbre_owner login password :'owner_password';
create role marbre_server login password :'server_password';
grant marbre_server to marbre_owner;
-- Names are sorted as the newsroom's language does.
create database marbre owner marbre_owner template template0 encoding 'UTF8' locale_provider icu icu_locale :'lang';
revoke all on database marbre from public;
grant connect on database marbre to marbre_server;
