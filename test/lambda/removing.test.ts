import { DAY, FakeAws } from './fake-aws';
import { datedLabel } from '../../lambda/protocol/labels';

/** A secret whose previous key is about to be removed by the next rotation. */
async function due(): Promise<{ aws: FakeAws; previous: string; current: string }> {
  const aws = await FakeAws.withFirstKey();
  await aws.rotate();
  aws.pass(30 * DAY);
  aws.calls.length = 0;
  return { aws, previous: aws.keyId('AWSPREVIOUS')!, current: aws.keyId('AWSCURRENT')! };
}

describe('removing a key', () => {
  test('stops if a person has made it current since the step began', async () => {
    const { aws, previous } = await due();
    aws.fail({ action: 'GetAccessKeyLastUsed', when: 'after', does: () => aws.label('AWSCURRENT', aws.versionWith('AWSPREVIOUS')!) });
    const { error } = await aws.rotate();
    expect(error?.message).toContain(`${previous} is not removed: it is the current credential`);
    expect(aws.calls).not.toContain('UpdateAccessKey');
    expect(aws.keys.get(previous)?.active).toBe(true);
  });

  test('reactivates it if a person has made it current since it was deactivated', async () => {
    const { aws, previous } = await due();
    aws.fail({ action: 'UpdateAccessKey', when: 'after', does: () => aws.label('AWSCURRENT', aws.versionWith('AWSPREVIOUS')!) });
    const { error } = await aws.rotate();
    expect(error?.message).toContain(`${previous} is not removed: it is the current credential`);
    expect(aws.keys.get(previous)?.active).toBe(true);
  });

  test('reactivates it if a person has written another value since it was deactivated, which may hold it and cannot be read yet', async () => {
    const { aws, previous } = await due();
    const before = aws.text('AWSPREVIOUS')!;
    aws.fail({
      action: 'UpdateAccessKey',
      when: 'after',
      does: () => {
        aws.put('written-back', JSON.stringify({ ...JSON.parse(before), edit: 1 }), ['AWSCURRENT']);
        aws.fail({ action: 'GetSecretValue', when: 'before', does: 'ResourceNotFoundException' });
      },
    });
    const { error } = await aws.rotate();
    expect(error?.message).toContain('nothing is removed: the current version written-back of secret');
    expect(aws.keys.get(previous)?.active).toBe(true);
  });

  test('reactivates it although that is refused at first', async () => {
    const { aws, previous } = await due();
    aws.fail({ action: 'UpdateAccessKey', when: 'after', does: () => aws.label('AWSCURRENT', aws.versionWith('AWSPREVIOUS')!) });
    for (const nth of [2, 3]) aws.fail({ action: 'UpdateAccessKey', nth, when: 'before', does: 'AccessDenied' });
    const { error } = await aws.rotate();
    expect(error?.message).toContain(`${previous} is not removed: it is the current credential`);
    expect(aws.keys.get(previous)?.active).toBe(true);
  });

  test('reactivates it if the labels cannot be read again', async () => {
    const { aws, previous } = await due();
    aws.fail({ action: 'DescribeSecret', nth: 3, when: 'before', does: 'AccessDeniedException' });
    const { error } = await aws.rotate();
    expect(error?.message).toContain('secretsmanager:DescribeSecret');
    expect(aws.keys.get(previous)?.active).toBe(true);
  });

  test('reactivates it if it cannot be deleted and a person has made it current meanwhile', async () => {
    const { aws, previous } = await due();
    aws.fail({ action: 'DeleteAccessKey', when: 'before', does: () => aws.label('AWSCURRENT', aws.versionWith('AWSPREVIOUS')!) });
    aws.fail({ action: 'DeleteAccessKey', when: 'before', does: 'Throttling' });
    const { error } = await aws.rotate();
    expect(error?.message).toContain('iam:DeleteAccessKey');
    expect(aws.keys.get(previous)?.active).toBe(true);
  });

  test('reactivates it if it cannot be deleted and nobody knows whether a person has made it current meanwhile', async () => {
    const { aws, previous } = await due();
    aws.fail({ action: 'DeleteAccessKey', when: 'before', does: () => aws.label('AWSCURRENT', aws.versionWith('AWSPREVIOUS')!) });
    aws.fail({ action: 'DeleteAccessKey', when: 'before', does: 'Throttling' });
    aws.fail({ action: 'DescribeSecret', nth: 4, when: 'before', does: 'AccessDeniedException' });
    const { error } = await aws.rotate();
    expect(aws.keys.get(previous)?.active).toBe(true);
    expect(error?.message).toContain('iam:DeleteAccessKey');
  });

  test('leaves it inactive if it cannot be deleted: the next attempt deletes it', async () => {
    const { aws, previous } = await due();
    aws.fail({ action: 'DeleteAccessKey', when: 'before', does: 'Throttling' });
    const { token } = await aws.rotate();
    expect(aws.keys.get(previous)?.active).toBe(false);
    expect((await aws.retry(token)).error).toBeUndefined();
    expect(aws.keys.has(previous)).toBe(false);
  });

  test('reactivates it if the answer to deactivating it was lost', async () => {
    const { aws, previous } = await due();
    aws.fail({ action: 'UpdateAccessKey', when: 'after', does: 'InternalServiceError' });
    expect((await aws.rotate()).error?.message).toContain('iam:UpdateAccessKey');
    expect(aws.keys.get(previous)?.active).toBe(true);
  });

  test('never switches on again what a person has switched off', async () => {
    const { aws, previous } = await due();
    aws.keys.get(previous)!.active = false;
    aws.fail({ action: 'DescribeSecret', nth: 2, when: 'before', does: 'AccessDeniedException' });
    const { token } = await aws.rotate();
    expect(aws.keys.get(previous)?.active).toBe(false);
    aws.heal();
    expect((await aws.retry(token)).error).toBeUndefined();
    expect(aws.keyIds()).not.toContain(previous);
  });

  test('reads the labels, deactivates, reads them again, and only then deletes', async () => {
    const { aws } = await due();
    await aws.rotate();
    const from = aws.calls.indexOf('UpdateAccessKey');
    expect(aws.calls.slice(from - 1, from + 3)).toEqual(['DescribeSecret', 'UpdateAccessKey', 'DescribeSecret', 'DeleteAccessKey']);
  });

  test('does not switch off what is off: another copy of the step may have done it, and may just be switching it on again', async () => {
    const { aws, previous } = await due();
    aws.keys.get(previous)!.active = false;
    await aws.rotate();
    expect(aws.calls).not.toContain('UpdateAccessKey');
    expect(aws.calls[aws.calls.indexOf('DeleteAccessKey') - 1]).toBe('DescribeSecret');
  });

  test('goes on where an attempt died after deactivating', async () => {
    const { aws, previous } = await due();
    aws.fail({ action: 'UpdateAccessKey', when: 'after', does: 'die' });
    const { token } = await aws.rotate();
    expect(aws.keys.get(previous)?.active).toBe(false);
    expect((await aws.retry(token)).error).toBeUndefined();
    expect(aws.keyIds()).not.toContain(previous);
  });

  test('is done if somebody else has removed it meanwhile', async () => {
    const { aws, previous } = await due();
    aws.fail({ action: 'GetAccessKeyLastUsed', when: 'after', does: () => void aws.keys.delete(previous) });
    expect((await aws.rotate()).error).toBeUndefined();
    expect(aws.labels()).not.toContain(previous);
  });

  test('stops if its labels have changed since it was decided on, as for a copy of a step that stalled', async () => {
    const { aws, previous } = await due();
    const label = datedLabel('replaced', new Date(aws.now));
    aws.fail({ action: 'GetAccessKeyLastUsed', when: 'after', does: () => aws.label(label, aws.versionWith('AWSPREVIOUS')!) });
    const { error } = await aws.rotate();
    expect(error?.message).toContain(`${previous} is not removed: its labels`);
    expect(aws.keys.get(previous)?.active).toBe(true);
  });

  test('stops if it has become the pending key', async () => {
    const { aws, previous } = await due();
    aws.fail({ action: 'GetAccessKeyLastUsed', when: 'after', does: () => aws.label('AWSPENDING', aws.versionWith('AWSPREVIOUS')!) });
    const { error } = await aws.rotate();
    expect(error?.message).toContain(`${previous} is not removed: it is the pending credential`);
    expect(aws.keys.get(previous)?.active).toBe(true);
  });
});
