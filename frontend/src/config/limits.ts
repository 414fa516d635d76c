/** The API's limits that a form can check while somebody types. The API checks them again. */

/** Characters in the name of a notebook, a token or a person. */
export const NAME_MAX_LENGTH = 100;

/** Minutes without activity after which a notebook may be told to stop. */
export const IDLE_MINUTES = { min: 1, max: 1_440, default: 30 } as const;

/** Days that an API token may live. */
export const TOKEN_DAYS = [7, 30, 90, 365] as const;

/** Whole dollars that a monthly limit may be at most. */
export const MOST_LIMIT_USD = 100_000;
