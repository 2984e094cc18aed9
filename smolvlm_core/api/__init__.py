"""REST: thin routers over ``JobService``. The only code that knows HTTP."""
