#!/bin/sh
# Run once by the postgres image on an empty volume: the two login roles, the database, the extension.
# portal_owner migrates; portal_app serves, under row-level security. Passwords come from secret files.
set -eu
psql -v ON_ERROR_STOP=1 --username postgres --dbname postgres <<'SQL'
\set owner `cat /run/secrets/owner_password`
\set app `cat /run/secrets/app_password`
CREATE ROLE portal_owner LOGIN CREATEROLE PASSWORD :'owner';
CREATE ROLE portal_app LOGIN NOINHERIT PASSWORD :'app';
CREATE DATABASE portal OWNER portal_owner;
REVOKE ALL ON DATABASE portal FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE portal TO portal_app;
\connect portal
CREATE EXTENSION IF NOT EXISTS pg_trgm;
ALTER SCHEMA public OWNER TO portal_owner;
SQL
