"""Botocore's model of the ECS API."""

from localcloud.api_model import ApiModel
from localcloud.ecs.errors import InvalidParameter, UnknownOperation

MODEL = ApiModel("ecs", InvalidParameter, UnknownOperation)
