#!/bin/sh
# Creates Temporal's two databases and brings their schemas to the version of this image. Safe to run again; run it
# before each upgrade of the server. The password comes from SQL_PASSWORD.
set -eu

SCHEMAS=/etc/temporal/schema/postgresql/v12

bring_up_to_date() {
    database=$1
    schema=$2
    echo "Schema of $database"
    sql_tool "$database" create
    sql_tool "$database" setup-schema -v 0.0
    sql_tool "$database" update-schema -d "$SCHEMAS/$schema/versioned"
}

sql_tool() {
    database=$1
    shift
    temporal-sql-tool --plugin "$DB" --ep "$POSTGRES_SEEDS" -p "$DB_PORT" -u "$POSTGRES_USER" --db "$database" "$@"
}

bring_up_to_date "$DBNAME" temporal
bring_up_to_date "$VISIBILITY_DBNAME" visibility
