"""What every feature stands on: settings, time, ids, errors, HTTP, the database, AWS clients."""
