import { IConstruct } from 'constructs';

/** Whether a construct is still in its app: one that was taken out still knows its parent. */
export function isInTree(construct: IConstruct): boolean {
  return construct.node.scopes.every((scope, index, scopes) => index === 0 || scopes[index - 1].node.tryFindChild(scope.node.id) === scope);
}
