"""The database: engine and transactions, column types, all tables and migrations, and the stores beside the journal.

Everything is portable SQLAlchemy Core; what only one kind of database understands stands in `sqlite` and `postgres`
and, where a column needs it, in `columns` and in the migrations.
"""
