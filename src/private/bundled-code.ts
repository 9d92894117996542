import * as path from 'path';
import * as lambda from 'aws-cdk-lib/aws-lambda';

/** The code of a function that ships in the package, bundled ahead of time. The path is valid from `lib/private` and from `src/private`. */
export function bundledCode(name: string): lambda.Code {
  return lambda.Code.fromAsset(path.join(__dirname, '..', '..', 'assets', name));
}
