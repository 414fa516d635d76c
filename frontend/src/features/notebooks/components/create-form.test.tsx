import { screen, waitFor } from "@testing-library/react";
import { describe, expect, test, vi } from "vitest";
import { ApiError } from "@/lib/api-error";
import type { SizeOffer } from "@/lib/api-models";
import { putFile } from "@/lib/put-file";
import { aNotebook, SIZES } from "@/testing/factories";
import { fakeApi, refusal } from "@/testing/fake-api";
import { show } from "@/testing/render";
import { CreateForm } from "./create-form";

vi.mock("@/lib/put-file", () => ({ putFile: vi.fn() }));

const UPLOAD = {
  upload_id: "up_01",
  url: "http://storage.example/put",
  method: "PUT",
  headers: {},
  expires_at: "2026-11-22T23:00:00Z",
};

const submit = () => screen.getByRole("button", { name: "Create notebook" });
const address = () => screen.getByRole("status", { name: "Address" });
const open = () => show(<CreateForm sizes={SIZES} onClose={vi.fn()} />);

describe("creating a notebook", () => {
  test("it waits for the sizes, which may come later than the form", () => {
    show(<CreateForm sizes={[]} onClose={vi.fn()} />);
    expect(submit()).toBeDisabled();
  });

  test("a blank one is created as asked, and shown", async () => {
    const api = fakeApi({ "POST /notebooks": { status: 201, body: aNotebook() } });
    const user = open();
    await user.type(screen.getByLabelText("Name"), " Ocean ");
    await user.click(screen.getByRole("radio", { name: /Large/ }));
    await user.clear(screen.getByLabelText("Stops by itself after"));
    await user.type(screen.getByLabelText("Stops by itself after"), "5");
    await user.click(submit());
    expect(await screen.findByText("/notebooks/nb_01")).toBe(address());
    expect(api.requests("POST /notebooks")[0]?.body).toEqual({
      name: "Ocean",
      size: "large",
      idle_minutes: 5,
      source: { kind: "blank" },
    });
  });

  test("each size says what it costs beyond the plan, and which the plan can't have", () => {
    fakeApi({});
    const [small, large] = SIZES as [SizeOffer, SizeOffer];
    const tooLarge = { ...large, id: "extra", name: "Extra", extra_usd_hour: null };
    show(<CreateForm sizes={[small, large, tooLarge]} onClose={vi.fn()} />);
    expect(screen.getByRole("radio", { name: /^Small.*included in your plan/ })).toBeChecked();
    expect(screen.getByRole("radio", { name: /^Large.*\$0.2376 an hour/ })).toBeEnabled();
    expect(screen.getByRole("radio", { name: /^Extra.*not in your plan/ })).toBeDisabled();
    expect(screen.getByRole("link", { name: "compare plans" })).toHaveAttribute("href", "/plans");
  });

  test("what is wrong is said beside each field, and nothing is sent", async () => {
    const api = fakeApi({});
    const user = open();
    await user.click(screen.getByRole("radio", { name: "From GitHub" }));
    await user.click(submit());
    expect(screen.getByLabelText("Name")).toHaveAccessibleDescription("Give it a name.");
    expect(screen.getByLabelText("Address of the file")).toHaveAccessibleDescription(
      /address of the file.s page on GitHub/,
    );
    await waitFor(() => expect(screen.getByLabelText("Name")).toHaveFocus());
    expect(api.seen).toEqual([]);
  });

  test("a name follows the address until one types one", async () => {
    fakeApi({});
    const user = open();
    await user.click(screen.getByRole("radio", { name: "From GitHub" }));
    await user.type(
      screen.getByLabelText("Address of the file"),
      "https://github.com/ocean/argo/blob/main/floats.ipynb",
    );
    expect(screen.getByLabelText("Name")).toHaveValue("floats");
  });

  test.each([
    refusal(422, "bad_github_url", "Paste the address of a page.", { field: "source.url" }),
    refusal(404, "not_found", "Paste the address of a page."),
  ])("what the API says of the source is shown there ($status)", async (answer) => {
    fakeApi({ "POST /notebooks": answer });
    const user = open();
    await user.type(screen.getByLabelText("Name"), "x");
    await user.click(screen.getByRole("radio", { name: "From GitHub" }));
    await user.type(screen.getByLabelText("Address of the file"), "https://github.com/a/b/c.ipynb");
    await user.click(submit());
    expect(await screen.findByText("Paste the address of a page.")).toBeVisible();
    expect(screen.getByLabelText("Address of the file")).toBeInvalid();
    expect(screen.queryByRole("alert")).toBeNull();
  });

  test("what the API says of nothing in particular is shown at the end of the form", async () => {
    fakeApi({ "POST /notebooks": refusal(409, "too_many", "Delete one first.") });
    const user = open();
    await user.type(screen.getByLabelText("Name"), "x");
    await user.click(submit());
    expect(await screen.findByRole("alert")).toHaveTextContent("Delete one first.");
  });

  test("a file goes to the storage first, and the notebook is made from it", async () => {
    const api = fakeApi({
      "POST /uploads": { status: 201, body: UPLOAD },
      "POST /notebooks": { status: 201, body: aNotebook() },
    });
    vi.mocked(putFile).mockResolvedValue();
    const user = open();
    await user.click(screen.getByRole("radio", { name: "My file" }));
    await user.upload(screen.getByLabelText("Notebook file"), new File(["{}"], "floats.ipynb"));
    expect(screen.getByLabelText("Name")).toHaveValue("floats");
    await user.click(submit());
    expect(await screen.findByText("/notebooks/nb_01")).toBe(address());
    expect(api.requests("POST /uploads")[0]?.body).toEqual({ filename: "floats.ipynb", size: 2 });
    expect(putFile).toHaveBeenCalledOnce();
    expect(api.requests("POST /notebooks")[0]?.body).toMatchObject({
      source: { kind: "upload", upload_id: "up_01" },
    });
  });

  test("a refused upload is told beside the file, and no notebook is made", async () => {
    const api = fakeApi({ "POST /uploads": { status: 201, body: UPLOAD } });
    vi.mocked(putFile).mockRejectedValue(new ApiError(403, "upload_refused", "Choose it again."));
    const user = open();
    await user.click(screen.getByRole("radio", { name: "My file" }));
    await user.upload(screen.getByLabelText("Notebook file"), new File(["{}"], "floats.ipynb"));
    await user.click(submit());
    expect(await screen.findByText("Choose it again.")).toBeVisible();
    expect(api.requests("POST /notebooks")).toEqual([]);
  });
});
