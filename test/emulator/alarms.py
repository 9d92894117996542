"""CloudWatch alarms: a function's own metrics wake them, and each looks at its own dimensions only."""

import threading

from ministack.services import cloudwatch

_record_metric = cloudwatch.record_metric
_evaluate_alarm = cloudwatch._evaluate_alarm
# Metrics are recorded on the functions' threads, and an evaluation swaps the module's metrics for a moment.
_lock = threading.RLock()


def record_metric(namespace, name, value, unit="None", dimensions=None) -> None:
    with _lock:
        _record_metric(namespace, name, value, unit, dimensions)
        cloudwatch._evaluate_all_alarms()


def evaluate_alarm(alarm) -> None:
    own = cloudwatch._dims_key({dimension["Name"]: dimension["Value"] for dimension in alarm.get("Dimensions") or []})
    with _lock:
        every = cloudwatch._metrics
        cloudwatch._metrics = {key: points for key, points in every.items() if key[2] == own}
        try:
            _evaluate_alarm(alarm)
        finally:
            cloudwatch._metrics = every


def install() -> None:
    cloudwatch.record_metric = record_metric
    cloudwatch._evaluate_alarm = evaluate_alarm
