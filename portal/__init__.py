"""The way in over HTTP: webhooks of vendors, checked, stored once, and sent on to the returns that they are about."""
