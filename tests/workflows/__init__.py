"""A return as its users see it: commands in; journal, balances, provider, mails, views and Temporal's pages out."""
