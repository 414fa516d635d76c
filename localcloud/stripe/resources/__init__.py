"""The API's resources, a module each, with their operations and the shapes of their objects."""
