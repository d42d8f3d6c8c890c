import { holdsApproximate } from '@nnfuse/ir'
import { decline, type Guard, type Rule } from '@nnfuse/matcher'

const hasExactWeights: Guard = ({ modules }) =>
  modules.some(holdsApproximate)
    ? decline('the file computes its weights, and a runtime may round that otherwise')
    : true

/** The rule where all bits of the weights are known: a layer whose weights a runtime computes stays as it is. */
export const ofExactWeights = (rule: Rule): Rule => ({ ...rule, guards: [hasExactWeights, ...rule.guards] })
