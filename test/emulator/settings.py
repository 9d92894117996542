"""What a test may set while the emulator runs (`PUT /_emulator/settings`)."""

from dataclasses import asdict, dataclass, field


@dataclass
class Settings:
    # Whole-rotation retries with the same token after a failed step. AWS retries "multiple times", without saying how often.
    rotationRetries: int = 0
    # What the pending version of a dry run holds: nothing ("empty"), the current value ("copy"); "off" skips the dry run.
    # AWS documents neither.
    dryRun: str = "empty"
    # How long a new access key is unknown to every service. IAM publishes no bound; 0 makes tests quick.
    keyPropagationMillis: int = 0
    # IAM's quota: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html (it can't be raised; users of older
    # accounts have been seen with more keys).
    keysPerUser: int = 2
    # What DescribeSecret tells of the replicas in these regions: Failed, InProgress; InSync elsewhere.
    replicaStatus: dict[str, str] = field(default_factory=dict)

    # Where AWSPENDING is after a successful rotation: "removed", or it "stays" on the version that is current now. AWS documents both.
    pendingAfterSuccess: str = "removed"
    # Lambda repeats a failed Create or Update of a custom resource only when CloudFormation's next request about it (a rollback's Delete)
    # has been answered: on AWS a minute passes before the first repeat.
    lateRepeat: bool = False

    def change(self, wanted: dict) -> dict:
        unknown = wanted.keys() - asdict(self).keys()
        if unknown:
            raise ValueError(f"unknown settings: {sorted(unknown)}; known are {sorted(asdict(self))}")
        for name, value in wanted.items():
            setattr(self, name, value)
        return asdict(self)


settings = Settings()
