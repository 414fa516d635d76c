/**
 * Which folder may import which, checked by `npm run check`.
 *
 *     app → features → components → lib → config
 *
 * Features meet in `app/routes` only: what one needs of another comes as a prop.
 */
/** @type {import("dependency-cruiser").IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: "no-cross-feature-imports",
      severity: "error",
      from: { path: "^src/features/([^/]+)/" },
      to: { path: "^src/features/([^/]+)/", pathNot: "^src/features/$1/" },
    },
    {
      name: "features-do-not-know-the-app",
      severity: "error",
      from: { path: "^src/(features|components|lib|config)/" },
      to: { path: "^src/(app/|main)" },
    },
    {
      name: "shared-code-does-not-know-features",
      severity: "error",
      from: { path: "^src/(components|lib|config)/" },
      to: { path: "^src/features/" },
    },
    {
      name: "lib-does-not-know-components",
      severity: "error",
      from: { path: "^src/(lib|config)/" },
      to: { path: "^src/components/" },
    },
    {
      name: "config-imports-nothing-of-ours",
      severity: "error",
      from: { path: "^src/config/" },
      to: { path: "^src/(?!config/)" },
    },
    {
      name: "only-tests-import-testing",
      severity: "error",
      from: { path: "^src/", pathNot: "(\\.test\\.tsx?$|^src/testing/)" },
      to: { path: "^src/testing/" },
    },
    {
      name: "generated-types-have-one-reader",
      comment: "A renamed schema is then a change of one file.",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/lib/api-models\\.ts$" },
      to: { path: "^src/lib/api-types\\.ts$" },
    },
    {
      name: "no-cycles",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "resolvable",
      severity: "error",
      from: {},
      to: { couldNotResolve: true, pathNot: "^virtual:" },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "default"] },
  },
};
