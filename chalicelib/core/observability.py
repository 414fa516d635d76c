"""Structured logs. One line of JSON an event, with the request's id where there is one."""

from aws_lambda_powertools import Logger

log = Logger(service="ramon", log_uncaught_exceptions=False)
