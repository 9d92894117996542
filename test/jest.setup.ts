// CloudFormation validation on the first synthesis of a process costs seconds and 250 MB; test/validation.test.ts switches it on again.
process.env.CDK_VALIDATION ??= 'false';
