/**
 * A secret's text holds no more bytes.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html
 */
export const LARGEST_SECRET_BYTES = 65_536;
