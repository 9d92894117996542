import { IConstruct } from 'constructs';

/** Whether a construct is still part of its app: a removed construct still knows its parent. */
export function isInTree(construct: IConstruct): boolean {
  return construct.node.scopes.every((scope, index, scopes) => index === 0 || scopes[index - 1].node.tryFindChild(scope.node.id) === scope);
}

/** The public construct that a private one, which creates the resources, belongs to. */
export function ownerOf(construct: IConstruct): IConstruct {
  return construct.node.scope ?? construct;
}
