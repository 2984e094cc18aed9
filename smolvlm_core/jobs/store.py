"""The tables of sessions and tasks, on SQLite or PostgreSQL. Knows rows and transactions, no files, no engine."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

BUSY_TIMEOUT_MS = 30_000  # how long a writer waits for another one on SQLite; DBOS uses the same

METADATA = sa.MetaData()

SESSIONS = sa.Table(
    "sessions",
    METADATA,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("task_id", sa.String(36)),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("video", sa.JSON, nullable=False),
    sa.Column("file_name", sa.Text, nullable=False),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Column("expires_at", sa.Float, nullable=False, index=True),
    sa.Column("renders_bytes", sa.BigInteger),
    sa.Column("preview_bytes", sa.BigInteger),
    sa.Column("pictures_bytes", sa.BigInteger),
)

TASKS = sa.Table(
    "tasks",
    METADATA,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("session_id", sa.String(36), nullable=False, index=True),
    sa.Column("state", sa.String(16), nullable=False, index=True),
    sa.Column("options", sa.JSON, nullable=False),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Column("percent", sa.Float, nullable=False, default=0.0),
    sa.Column("step", sa.Text, nullable=False, default=""),
    sa.Column("segments_completed", sa.Integer, nullable=False, default=0),
    sa.Column("segments_total", sa.Integer, nullable=False, default=0),
    sa.Column("busy_s", sa.Float, nullable=False, default=0.0),
    sa.Column("best", sa.JSON),
    sa.Column("parts", sa.JSON),
    sa.Column("left_s", sa.Float),
    sa.Column("corrections", sa.JSON),  # of its results, by people: gone with the next analysis
    sa.Column("error_code", sa.String(64)),
    sa.Column("error_message", sa.Text),
    sa.Column("found", sa.Integer),
)

# Sessions whose time was up: their ids alone, so that a late visitor hears 410 and not 404.
EXPIRED = sa.Table(
    "expired_sessions",
    METADATA,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("expired_at", sa.Float, nullable=False),
)

# How many times as long as reckoned analyses of a kind took; see ``estimates``.
SPEEDS = sa.Table(
    "speeds",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("kind", sa.String(255), nullable=False, index=True),
    sa.Column("factor", sa.Float, nullable=False),
    sa.Column("measured_at", sa.Float, nullable=False),
)


class Store:
    """One database. Safe to use from many threads; every write is a short transaction."""

    def __init__(self, url: str) -> None:
        # DBOS brings psycopg 3; SQLAlchemy would look for psycopg2 under the plain name.
        self._engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1))
        if self._engine.dialect.name == "sqlite":
            _tune_sqlite(self._engine)
        METADATA.create_all(self._engine)
        _add_new_columns(self._engine)

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A connection for reads only; on SQLite it never waits for a writer."""
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction, committed at the end and rolled back by an exception."""
        with self._engine.begin() as connection:
            yield connection

    def close(self) -> None:
        self._engine.dispose()


def _add_new_columns(engine: sa.Engine) -> None:
    """Give tables of an older version the columns that came since; those may be null."""
    known = sa.inspect(engine)
    # On PostgreSQL several workers may start at once; SQLite knows no such clause, and has one process.
    unless_there = "IF NOT EXISTS " if engine.dialect.name == "postgresql" else ""
    for table in METADATA.sorted_tables:
        there = {column["name"] for column in known.get_columns(table.name)}
        for column in table.columns:
            if column.name in there:
                continue
            name = engine.dialect.identifier_preparer.quote(column.name)
            kind = column.type.compile(engine.dialect)
            with engine.begin() as connection:
                connection.exec_driver_sql(f"ALTER TABLE {table.name} ADD COLUMN {unless_there}{name} {kind}")


def _tune_sqlite(engine: sa.Engine) -> None:
    """WAL, so that readers and the writer do not wait for each other; writers queue up from their first line."""

    @sa.event.listens_for(engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # transactions are begun below, not guessed by the driver
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", f"busy_timeout={BUSY_TIMEOUT_MS}"):
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
