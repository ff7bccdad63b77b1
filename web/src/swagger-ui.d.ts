declare module 'swagger-ui-dist/swagger-ui-es-bundle.js' {
  /** Draws the documentation into `domNode`; see the library's configuration. */
  const SwaggerUI: (options: Record<string, unknown>) => unknown;
  export default SwaggerUI;
}
