import { localStorageColorSchemeManager, MantineProvider } from "@mantine/core";
import { type QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { useState } from "react";
import { BrowserRouter } from "react-router";
import { accountQuery } from "@/features/accounts/api/get-account";
import { createQueryClient } from "@/lib/query-client";
import { Router } from "./router";
import { theme } from "./theme";

/** Also read by `public/color-scheme.js`, before this is loaded. */
const colorSchemes = localStorageColorSchemeManager({ key: "color-scheme" });

/** The whole application. */
export function App() {
  const [queryClient] = useState(() => createQueryClient(forgetAccount));
  return (
    <MantineProvider
      theme={theme}
      defaultColorScheme="auto"
      colorSchemeManager={colorSchemes}
      // Both would write <style> tags; `virtual:theme.css` and our own classes are there instead.
      withCssVariables={false}
      withGlobalClasses={false}
    >
      <QueryClientProvider client={queryClient}>
        <BrowserRouter>
          <Router />
        </BrowserRouter>
      </QueryClientProvider>
    </MantineProvider>
  );
}

/** A session has ended: what was seen in it goes, and `RequireAccount` leads to signing in. */
function forgetAccount(client: QueryClient): void {
  client.setQueryData(accountQuery.queryKey, null);
  client.removeQueries({ predicate: ({ queryKey }) => !KEPT.has(queryKey[0]) });
}

const KEPT = new Set<unknown>(["account", "plans"]);
