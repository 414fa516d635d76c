import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { themeVariables } from "./theme-plugin.ts";

export default defineConfig({
  plugins: [react(), themeVariables()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  server: {
    // `npm run dev` beside `make run`: pages are served from here, everything else from there.
    proxy: { "/api": process.env.API_ORIGIN ?? "http://localhost:8000" },
  },
  build: {
    target: "es2023",
    // Small files would become data: addresses, which the Content-Security-Policy refuses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  test: {
    restoreMocks: true,
    unstubGlobals: true,
    // Rules need no page, and are tested without one, which is faster.
    projects: [
      { extends: true, test: { name: "rules", include: ["src/**/*.test.ts"] } },
      {
        extends: true,
        test: {
          name: "pages",
          include: ["src/**/*.test.tsx"],
          environment: "jsdom",
          environmentOptions: { jsdom: { url: "http://localhost:8000/" } },
          setupFiles: ["src/testing/setup.ts"],
          // Pages are loaded as chunks and polled every second; a busy machine takes its time.
          testTimeout: 20_000,
        },
      },
    ],
  },
});
