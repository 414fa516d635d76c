"""How money is counted: usage, periods, prorations, invoices, payments and their retries."""
