// Labels of a credential that is gone are taken off one by one, and the function may die between them.
import { DAY, Died, FakeAws, HOUR } from './fake-aws';

test('what is left of a key that was half forgotten goes with the next rotation', async () => {
  const aws = await FakeAws.withFirstKey();
  await aws.rotate();
  aws.pass(30 * DAY);
  aws.fail({ action: 'UpdateSecretVersionStage', nth: 1, when: 'after', does: 'die' });
  expect((await aws.rotate()).error).toBeInstanceOf(Died);
  aws.heal();
  aws.unlabel('AWSPENDING');
  aws.pass(2 * HOUR);

  expect((await aws.rotate()).error).toBeUndefined();
  expect(aws.labels().filter((label) => label.startsWith('replaced-'))).toHaveLength(1);
});
