"""The `Batch Job State Change` event.

Its shape is in the Batch user guide, "AWS Batch job state change events": the job as DescribeJobs
gives it.
"""

from localcloud.api_model import Record


def job_state_change(record: Record) -> Record:
    """The event as an entry of PutEvents, its `Detail` not yet JSON."""
    return {
        "Source": "aws.batch",
        "DetailType": "Batch Job State Change",
        "Resources": [record["jobArn"]],
        "Detail": record,
    }
