"""ministack, plus what the rotation of an access key needs and it lacks. README.md lists what is simulated and what is not."""
