#!/bin/sh
# Prepares a Temporal server for Backhaul: the namespace, the search attributes that every worker needs before it
# starts, and the nightly reconciliation. Safe to run again. It needs `temporal` on the PATH and TEMPORAL_ADDRESS; an
# existing namespace is left as it is.
set -eu

: "${TEMPORAL_ADDRESS:?say where the Temporal server is, for example temporal:7233}"
NAMESPACE=${TEMPORAL_NAMESPACE:-returns}
# Histories are kept so long after a return has closed. The journal keeps the facts for ever.
RETENTION=90d
ATTEMPTS=60

# Runs a command once a second until it succeeds; says its last words if it never does.
patiently() {
    attempt=1
    until said=$("$@" 2>&1); do
        if [ "$attempt" -ge "$ATTEMPTS" ]; then
            echo "Gave up after $attempt attempts: $said" >&2
            return 1
        fi
        attempt=$((attempt + 1))
        sleep 1
    done
}

namespace_stands() {
    temporal operator namespace describe --namespace "$NAMESPACE" ||
        temporal operator namespace create --namespace "$NAMESPACE" --retention "$RETENTION"
}

# All in one command: the server loses attributes that are created at the same time by several.
attributes_stand() {
    temporal operator search-attribute create --namespace "$NAMESPACE" \
        --name ReturnStage --type Keyword \
        --name ReturnOutcome --type Keyword \
        --name NeedsAction --type Keyword \
        --name OrderId --type Keyword \
        --name CustomerId --type Keyword \
        --name RefundStatus --type Keyword \
        --name RefundCurrency --type Keyword \
        --name RefundAmountMinor --type Int \
        --name DueAt --type Datetime
}

# Another part of the server may know the attributes some seconds later than the one that took them.
attributes_are_known() {
    temporal workflow count --namespace "$NAMESPACE" \
        --query "ReturnStage IS NULL AND RefundAmountMinor IS NULL AND DueAt IS NULL"
}

# One that is there is left as it is: ops may have moved or paused it. `starter.py schedules create` makes the same.
schedule_stands() {
    temporal schedule describe --namespace "$NAMESPACE" --schedule-id reconcile ||
        temporal schedule create --namespace "$NAMESPACE" --schedule-id reconcile \
            --calendar '{"hour":"2","minute":"15"}' --overlap-policy Skip --catchup-window 12h \
            --workflow-id reconcile --type Reconcile --task-queue returns
}

echo "Waiting for Temporal at $TEMPORAL_ADDRESS"
patiently temporal operator cluster health
echo "Namespace $NAMESPACE"
patiently namespace_stands
echo "Search attributes"
# A namespace that was just created may be unknown for a moment, so this waits too.
patiently attributes_stand
patiently attributes_are_known
echo "Nightly reconciliation"
patiently schedule_stands
echo "Temporal is ready for Backhaul"
