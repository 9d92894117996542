import { readFileSync } from 'node:fs';
import { awscdk, github, javascript, JsonFile } from 'projen';

/** The SDK clients that the rotation function bundles; one range for all, so that they share one core. */
const AWS_SDK = ['client-iam', 'client-lambda', 'client-secrets-manager', 'client-sts'].map((client) => `@aws-sdk/${client}@^3.1000.0`);

/**
 * The pull-request template: CONTRIBUTING's checklist, so that the two never differ. Each point is one line, as GitHub keeps the line breaks
 * of a pull request's text.
 */
function pullRequestTemplate(): string[] {
  const heading = '## Before you open a pull request\n';
  const [, section] = readFileSync('CONTRIBUTING.md', 'utf8').split(heading);
  if (section === undefined) throw new Error(`CONTRIBUTING.md has no heading '${heading.trim()}': add it, the pull-request template is its list`);
  const points = section.split('\n## ')[0].split(/^- /m).slice(1).map((point) => `- [ ] ${point.trim().replaceAll(/\s+/g, ' ')}`);
  return ['Fixes #', '', 'Tick what applies to this change, and delete the rest:', '', ...points, ''];
}

const project = new awscdk.AwsCdkConstructLibrary({
  name: 'cdk-iam-key-rotation',
  description: 'An AWS CDK construct that keeps a valid IAM access key in Secrets Manager, and rotates it without locking anybody out',
  author: 'cdk-iam-key-rotation contributors',
  authorAddress: 'cdk-iam-key-rotation@users.noreply.github.com',
  authorOrganization: true,
  repositoryUrl: 'https://github.com/cdk-iam-key-rotation/cdk-iam-key-rotation.git',
  license: 'Apache-2.0',
  stability: 'experimental',
  keywords: ['aws', 'cdk', 'iam', 'access-key', 'rotation', 'secretsmanager', 'security', 'ses', 'credentials'],
  defaultReleaseBranch: 'main',
  packageManager: javascript.NodePackageManager.NPM,
  projenrcTs: true,

  // 2.257.0: has Runtime.NODEJS_24_X, and is the floor of cdk-nag 3, which the tests use. Older ones were not tried.
  cdkVersion: '2.257.0',
  // 10.5.0: what aws-cdk-lib 2.257.0 asks for.
  constructsVersion: '10.5.0',
  // jsii and TypeScript go together; TypeScript 7 does not work with ts-jest 29.
  jsiiVersion: '~6.0.0',
  typescriptVersion: '~6.0.0',
  // The library is built and tested on Node.js 20, 22 and 24; the workflows use the newest that is in long-term support.
  minNodeVersion: '20.0.0',
  workflowNodeVersion: '24',

  devDeps: [
    ...AWS_SDK,
    '@aws-sdk/client-cloudformation@^3.1000.0', // the end-to-end tests look at what they deployed
    '@aws-sdk/client-cloudwatch-logs@^3.1000.0',
    '@aws-sdk/client-s3@^3.1000.0',
    '@aws-sdk/credential-provider-env@^3.900.0', // bundled in place of the SDK's whole chain
    '@smithy/node-http-handler@^4',
    '@types/node@^22', // projen would ask for a tag named after TypeScript's version, which does not always exist
    'aws-cdk-lib-newest@npm:aws-cdk-lib@2.276.0', // the tests run with it, too: only it has CDK's own validation (`test/newest.jest.json`)
    'aws-cdk@^2.1100.0', // the CDK CLI that the demo and the end-to-end tests deploy with (the `latest` tag, 3.x, refuses aws-cdk-lib 2)
    'cdk-nag@^3', // 3 reports through CDK's own validation
    'esbuild@^0.28', // bundles the function ahead of time
    'fast-check@^4',
    'fflate@^0.8', // zips the bundle the way a deployment does, to measure it
    'jsonc-parser@^3', // edits the text of a secret, not a parsed copy: bundled into the function
    'selfsigned@^5', // the emulator's TLS pair, without openssl
    'tsx@^4', // runs the demo's TypeScript
  ],

  sampleCode: false,
  lambdaAutoDiscover: false,
  edgeLambdaAutoDiscover: false,
  singletonLambdaAutoDiscover: false,
  lambdaExtensionAutoDiscover: false,
  integrationTestAutoDiscover: false,

  publishToPypi: { distName: 'cdk-iam-key-rotation', module: 'cdk_iam_key_rotation' },
  publishToMaven: {
    javaPackage: 'io.github.cdkiamkeyrotation',
    mavenGroupId: 'io.github.cdk-iam-key-rotation',
    mavenArtifactId: 'cdk-iam-key-rotation',
  },
  publishToNuget: { dotNetNamespace: 'CdkIamKeyRotation', packageId: 'CdkIamKeyRotation' },
  publishToGo: { moduleName: 'github.com/cdk-iam-key-rotation/cdk-iam-key-rotation-go' },

  jestOptions: {
    updateSnapshot: javascript.UpdateSnapshot.NEVER, // the contract snapshot changes on purpose or not at all
    jestVersion: '^30',
    jestConfig: {
      testMatch: ['<rootDir>/test/**/*.test.ts'],
      testPathIgnorePatterns: ['/node_modules/', '/test/e2e/'],
      // CloudFormation validation on the first synthesis of a process costs seconds; one test switches it on again
      setupFiles: ['<rootDir>/test/jest.setup.ts'],
    },
  },
  tsconfigDev: { include: ['../lambda/**/*.ts', '../examples/**/*.ts'], compilerOptions: { types: ['jest', 'node'] } },
  eslintOptions: { dirs: ['src', 'lambda'], devdirs: ['lambda', 'test', 'examples'], commandOptions: { fix: false } },
  docgen: true,
  pullRequestTemplateContents: pullRequestTemplate(),
  githubOptions: {
    // Titles are plain imperative sentences, as in the history; CONTRIBUTING.md says what makes which version.
    pullRequestLint: false,
    projenCredentials: github.GithubCredentials.fromPersonalAccessToken({ secret: 'PROJEN_GITHUB_TOKEN' }),
  },
  depsUpgradeOptions: { workflowOptions: { schedule: javascript.UpgradeDependenciesSchedule.WEEKLY } },
  gitignore: ['/assets/', '/protocol/', '/.emulator/', '.jsii.tabl.json', '/test-reports/', 'cdk.out/', '/examples/typescript/*/dist/', '*.js.map', '__pycache__/'],
});

// cdk-nag asks for 10.5.1; it is there for the tests alone, which pass with what users need at least.
project.package.addField('overrides', { 'cdk-nag': { constructs: '$constructs' } });

// One lock file for every registry: addresses are left out.
project.npmrc.addConfig('omit-lockfile-registry-resolved', 'true');

// The function is type-checked, then bundled ahead of time: whoever installs the package needs neither esbuild nor Docker.
// `mainFields` picks the ES modules, of which esbuild drops what is not used: 103 KB instead of 171.
project.preCompileTask.exec('tsc -p lambda/tsconfig.json', { name: 'types of lambda/' });
const bundle = project.addTask('bundle', { description: 'Bundle the rotation functions into assets/' });
for (const name of ['rotation.lambda', 'random-value.lambda', 'unanswered.lambda']) {
  bundle.exec([
    `esbuild lambda/${name}.ts --bundle --minify --platform=node --target=node24 --format=cjs`,
    '--alias:@aws-sdk/credential-provider-node=./lambda/environment-credentials.ts',
    `--main-fields=module,main --legal-comments=none --metafile=assets/${name}.meta.json --outfile=assets/${name}/index.js`,
  ].join(' '), { name: `bundle ${name}` });
  bundle.exec(`node projenrc/third-party-licenses.mjs ${name}`, { name: `licences of what is in ${name}` });
}
// The kit for users' own functions: one file without the SDK, which Lambda's runtime has, and types in which the SDK does not appear.
bundle.exec([
  'esbuild lambda/custom/index.ts --bundle --platform=node --target=node22 --format=cjs --external:@aws-sdk/*',
  '--main-fields=module,main --legal-comments=none --metafile=assets/protocol.meta.json --outfile=protocol/index.js',
].join(' '), { name: 'bundle the protocol kit' });
bundle.exec('node projenrc/third-party-licenses.mjs protocol', { name: 'licences of what is in the protocol kit' });
bundle.exec('node projenrc/protocol-types.mjs', { name: 'types of the protocol kit' });
project.preCompileTask.spawn(bundle);
new JsonFile(project, 'lambda/tsconfig.json', {
  marker: false,
  obj: {
    extends: '../test/tsconfig.json',
    compilerOptions: { noEmit: true, types: ['node'], rootDir: '..' },
    include: ['**/*.ts', '../src/private/settings.ts'],
    exclude: [],
  },
});

// `cdk-iam-key-rotation/protocol`, beside what jsii and its runtimes look for.
project.package.addField('exports', {
  '.': { types: './lib/index.d.ts', default: './lib/index.js' },
  './protocol': { types: './protocol/index.d.ts', default: './protocol/index.js' },
  './package.json': './package.json',
  './.jsii': './.jsii',
  './lib/*': './lib/*',
});
project.package.addField('typesVersions', { '*': { protocol: ['protocol/index.d.ts'] } });

// What reaches the npm package: lib/, protocol/, the bundled functions in assets/ and the licences of what is in them, the jsii assembly,
// API.md, README, CHANGELOG and rosetta's fixture.
for (const pattern of [
  '/.emulator/', '/CONTRIBUTING.md', '.jsii.tabl.json', '/lambda/', '/scripts/', '/examples/', '/docs/', '/benchmark/', '/.ci/',
  '!/assets/', '/assets/*.meta.json', '!/protocol/', '!/rosetta/',
]) {
  project.addPackageIgnore(pattern);
}

// These work on a fresh clone: they need nothing but Node.js and Python, and set up the rest.
project.setScript('test', 'node scripts/test-all.mjs');
project.setScript('test:unit', 'node scripts/test-unit.mjs');
project.setScript('demo', 'node scripts/demo.mjs');
project.setScript('test:crash', 'node scripts/test-crash.mjs');
project.setScript('test:soak', 'node scripts/test-soak.mjs');
project.setScript('test:model', 'tsx test/model/run.ts');
project.addTask('test:e2e', { description: 'The tests that deploy to the emulator', exec: 'jest --config test/e2e/jest.config.json', receiveArgs: true });

// The build and the release run on one Node.js; everything else is tried on each that is supported, before anything is merged.
const NODE_VERSIONS = ['20', '22', '24'];
const tests = project.github!.addWorkflow('test');
tests.on({ push: { branches: ['main'] }, pullRequest: {}, workflowDispatch: {} });
tests.addJob('test', {
  runsOn: ['ubuntu-latest'],
  permissions: { contents: github.workflows.JobPermission.READ },
  strategy: { failFast: false, matrix: { domain: { node: NODE_VERSIONS } } },
  steps: [
    github.WorkflowSteps.checkout(),
    {
      name: 'Setup Node.js',
      id: 'setup_node_js',
      uses: github.ActionRefs.ACTIONS_SETUP_NODE,
      with: { 'node-version': '${{ matrix.node }}', 'package-manager-cache': false },
    },
    { name: 'Setup Python', id: 'setup_python', uses: github.ActionRefs.ACTIONS_SETUP_PYTHON, with: { 'python-version': '3.10' } },
    { name: 'Test', id: 'test', run: 'npm test' },
  ],
});
project.autoMerge!.addConditions(...NODE_VERSIONS.map((version) => `status-success=test (${version})`));

// publib's default is the public registry: its name is needed nowhere.
const release = project.tryFindObjectFile('.github/workflows/release.yml');
release?.addDeletionOverride('jobs.release_npm.steps.9.env.NPM_REGISTRY');

project.synth();
