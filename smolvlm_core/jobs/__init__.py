"""Sessions and their tasks: durable, cancellable, observable. The only code that knows DBOS."""
