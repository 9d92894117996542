export * from './access-key-fields';
export * from './iam-key-rotation';
export * from './iam-key-rotation-secret';
export * from './previous-key-policy';
export * from './rotation-authority';
export * from './rotation-function-options';
export * from './secret-rotation-schedule';
export * from './unrecorded-key-policy';
