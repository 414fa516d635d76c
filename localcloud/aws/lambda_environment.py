"""The environment variables of a Lambda function.

After the AWS Lambda developer guide, "Defined runtime environment variables". Nothing of the
launcher's own environment gets in, except the way out.
"""

import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

from localcloud.settings import REGION, way_out


def environment_of(config: dict[str, Any], code: Path, endpoint_url: str) -> dict[str, str]:
    """Everything but the credentials; `code` is the directory with the function's code."""
    name = config["FunctionName"]
    variables: dict[str, str] = config.get("Environment", {}).get("Variables", {})
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "TZ": ":UTC",
        "AWS_ENDPOINT_URL": endpoint_url,
        **way_out(),
        **variables,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_python3.{sys.version_info.minor}",
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(config.get("MemorySize", 128)),
        "AWS_LAMBDA_FUNCTION_VERSION": config.get("Version", "$LATEST"),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": str(uuid4()),
        "LAMBDA_TASK_ROOT": str(code),
        "_HANDLER": config.get("Handler", "index.handler"),
    }
