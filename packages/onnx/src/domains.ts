/** The domain of operators as we write it: ONNX's own has two names. */
export const domainName = (domain: string): string => (domain === 'ai.onnx' ? '' : domain)
