"""Who somebody is: sign-in with GitHub, sessions, API tokens, the profile."""
