#!/bin/sh
# Creates Temporal's role, which makes its own databases, and Backhaul's with its database, and gives them their
# passwords. Safe to run again: what is there stays, and the passwords are then those that are told now. It connects as
# a superuser, by PostgreSQL's own variables (PGHOST, PGUSER, PGPASSWORD, ...).
set -eu

: "${TEMPORAL_DB_PASSWORD:?choose a password for the databases of Temporal}"
: "${BACKHAUL_DB_PASSWORD:?choose a password for the database of journal and tables}"
# psql reads the passwords itself, so that they stand in no list of processes; what it sends is not logged.
export TEMPORAL_DB_PASSWORD BACKHAUL_DB_PASSWORD

psql --no-psqlrc --quiet --dbname postgres --set ON_ERROR_STOP=1 <<'SQL'
SET log_statement = 'none';
SET log_min_error_statement = 'panic';
SET log_min_duration_statement = -1;
SET password_encryption = 'scram-sha-256';
\getenv temporal TEMPORAL_DB_PASSWORD
SELECT 'CREATE ROLE temporal'
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'temporal') \gexec
ALTER ROLE temporal LOGIN CREATEDB NOSUPERUSER NOCREATEROLE NOBYPASSRLS PASSWORD :'temporal';
\getenv password BACKHAUL_DB_PASSWORD
SELECT 'CREATE ROLE backhaul LOGIN'
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'backhaul') \gexec
ALTER ROLE backhaul LOGIN PASSWORD :'password';
SELECT 'CREATE DATABASE backhaul OWNER backhaul ENCODING ''UTF8'' TEMPLATE template0'
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'backhaul') \gexec
REVOKE ALL ON DATABASE backhaul FROM PUBLIC;
SQL
echo "The database backhaul, its role and Temporal's are there"
