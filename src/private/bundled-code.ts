import * as path from 'path';
import * as lambda from 'aws-cdk-lib/aws-lambda';

/** A function that ships in the package, bundled ahead of time; the folder is the same seen from `lib/private` and from `src/private`. */
export function bundledCode(name: string): lambda.Code {
  return lambda.Code.fromAsset(path.join(__dirname, '..', '..', 'assets', name));
}
