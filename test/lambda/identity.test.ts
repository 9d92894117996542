import { isSameUser } from '../../lambda/iam-key/identity';

test.each([
  ['the same ARN', 'arn:aws:iam::111122223333:user/a/b/uploader', 'arn:aws:iam::111122223333:user/a/b/uploader', true],
  ['an ARN without the path', 'arn:aws:iam::111122223333:user/a/b/uploader', 'arn:aws:iam::111122223333:user/uploader', true],
  ['other capitals, which IAM does not tell apart', 'arn:aws:iam::111122223333:user/Uploader', 'arn:aws:iam::111122223333:user/uploader', true],
  ['another user', 'arn:aws:iam::111122223333:user/uploader2', 'arn:aws:iam::111122223333:user/uploader', false],
  ['another account', 'arn:aws:iam::111122223333:user/uploader', 'arn:aws:iam::444455556666:user/uploader', false],
  ['a role', 'arn:aws:sts::111122223333:assumed-role/uploader/x', 'arn:aws:iam::111122223333:user/x', false],
  ['the root user', 'arn:aws:iam::111122223333:root', 'arn:aws:iam::111122223333:user/root', false],
])('%s', (_what, one, other, same) => {
  expect(isSameUser(one, other)).toBe(same);
});
