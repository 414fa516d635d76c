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
    environment: "jsdom",
    environmentOptions: { jsdom: { url: "http://localhost:8000/" } },
    setupFiles: ["src/testing/setup.ts"],
    css: false,
    restoreMocks: true,
    unstubGlobals: true,
  },
});
