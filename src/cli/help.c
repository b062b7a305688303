/* The help of each command, generated from options.def and the samplers' rows. */
#include <string.h>

#include "cli/option.h"

enum { INDENT = 26, USAGE_WIDTH = 20, WIDTH = 100 };

/* Print text word by word from column `at`; further lines begin at INDENT. */
static void print_wrapped(const char *text, int at, FILE *out) {
    while (*text) {
        int length = (int)strcspn(text, " ");
        if (at > INDENT && at + 1 + length > WIDTH) {
            fprintf(out, "\n%*s", INDENT, "");
            at = INDENT;
        } else if (at > INDENT) {
            fputc(' ', out);
            at++;
        }
        fprintf(out, "%.*s", length, text);
        at += length;
        text += length;
        text += strspn(text, " ");
    }
    fputc('\n', out);
}

static void print_row(const char *name, const char *help, FILE *out) {
    int used = fprintf(out, "  %s", name);
    if (used >= INDENT - 1) {
        fputc('\n', out);
        used = 0;
    }
    fprintf(out, "%*s", INDENT - used, "");
    print_wrapped(help, INDENT, out);
}

static void print_option(const gs_option_row *row, FILE *out) {
    char name[64];
    snprintf(name, sizeof name, "%s%s%s%s", gs_option_dashes(row), row->name, row->metavar ? " " : "",
             row->metavar ? row->metavar : "");
    print_row(name, row->help, out);
}

/* A command with few options shows no titles. */
static void print_options(int command, FILE *out) {
    enum { FEW = 10 };
    int count = 0;
    const char *title = NULL;
    for (const gs_option_line *line = gs_option_lines; line->title || line->row; line++)
        count += line->row && (line->row->commands & command);
    if (count <= FEW)
        fputs("\noptions:\n", out);
    for (const gs_option_line *line = gs_option_lines; line->title || line->row; line++) {
        title = line->title ? line->title : title;
        if (!line->row || !(line->row->commands & command))
            continue;
        if (title && count > FEW)
            fprintf(out, "\n%s:\n", title);
        title = NULL;
        print_option(line->row, out);
    }
}

static void print_shipped(FILE *out) {
    char names[GS_PATH_ROOM], folder[GS_PATH_ROOM];
    if (gs_shipped_list(" ", names, sizeof names, folder))
        fprintf(out, "\nshipped networks, in %s:\n  %s\n", folder, names);
}

static void print_densities(FILE *out) {
    fputs("\ndensities, networks that need no file, as in --model gaussian:dim=2,sd=0.5, and their parameters:\n", out);
    const gs_density_info *density;
    for (int i = 0; (density = gs_density_get(i)); i++) {
        char help[512];
        size_t used = (size_t)snprintf(help, sizeof help, "%s [", density->help);
        for (const gs_density_parameter *p = density->parameters; p->name; p++)
            used += (size_t)snprintf(help + used, sizeof help - used, "%s%s%s%s", p->name, p->value[0] ? "=" : "",
                                     p->value, p[1].name ? " " : "]");
        print_row(density->name, help, out);
    }
}

static void print_samplers(FILE *out) {
    fputs("\nsamplers, and the options each reads (defaults are the model file's, else the sampler's):\n", out);
    const gs_sampler_info *sampler;
    for (int i = 0; (sampler = gs_sampler_get(i)); i++) {
        char help[512];
        snprintf(help, sizeof help, "%s [%s]", sampler->help, sampler->parameters);
        print_row(sampler->name, help, out);
    }
}

static void print_rejection(FILE *out) {
    fputs("usage: gensample rejection [options]\n\nDraw from the normal distribution N(0, I) in D dimensions by "
          "rejection from N(0, R^2 I), of which a share\nof 1/M = R^-D is accepted, and compare the share with that. "
          "Exit "
          "status 1 when they are more than 4 standard\ndeviations apart.\n",
          out);
    print_options(GS_REJECT, out);
    fputs("\nalgorithms:\n", out);
    const gs_rejection_info *row;
    for (int i = 0; (row = gs_rejection_get(i)); i++)
        print_row(row->name, row->help, out);
}

static void print_sample(FILE *out) {
    fputs("gensample draws samples from a generative network on the CPU.\n\nusage:\n", out);
    for (const gs_command_row *row = gs_command_rows; row->name; row++)
        fprintf(out, "  gensample %-*s%s\n", USAGE_WIDTH, row->usage, row->help);
    print_options(GS_SAMPLE, out);
    print_samplers(out);
    print_densities(out);
    print_shipped(out);
    fputs("\nexamples:\n"
          "  gensample -n 1024 --out samples.png\n"
          "  gensample --label all -n 100 --out classes.png\n"
          "  gensample -n 8 --trajectory --out trajectory.png\n"
          "  gensample -n 10000 --quality --json --out samples.npy\n"
          "  gensample --model my/network.bin --sampler heun --steps 30\n"
          "  gensample --model mixture:means=-2/0,2/0,sd=0.5 -n 1000 --out points.npy\n"
          "  gensample --compose ncsn-cond:1 --compose ebm-thick:2 --label 3 --out thick.png\n"
          "  gensample --init digits.png --sigmas 0.02,1 --trajectory --out strips.png\n"
          "\nexit status: 0 success, 1 failure, 2 usage, 130 interrupted (finished samples are kept)\n",
          out);
}

static void print_denoise(FILE *out) {
    fputs("usage: gensample denoise --input FILE [options]\n\n"
          "Add noise to clean images, restore them, and say how well: PSNR and SSIM, and how many the judge, where\n"
          "there is one, takes for what it takes the clean image for. Networks that take a noise level are told it:\n"
          "one step is one call of the denoiser, more are a chain from that level down. Restored images are clipped\n"
          "to the data range before they are measured. Unless told otherwise there is no label, and --eta is 0.\n",
          out);
    print_options(GS_DENOISE, out);
    print_samplers(out);
    print_shipped(out);
    fputs("\nexample:\n  gensample denoise --input digits.idx --noise 0.2,0.4,0.6 --steps 1,5,10\n", out);
}

void gs_help_print(int command, FILE *out) {
    if (command == GS_DENOISE) {
        print_denoise(out);
        return;
    }
    if (command == GS_SAMPLE) {
        print_sample(out);
        return;
    }
    if (command == GS_REJECT) {
        print_rejection(out);
        return;
    }
    if (command == GS_INSPECT) {
        fputs(
            "usage: gensample inspect FILE\n\nSay what a file is: of a weight file its network, graph, tensors and "
            "origin; of a picture what it was\ndrawn with; of IDX and NPY files their sizes. - is standard input. Of a "
            "density, such as gaussian:dim=2,\nwhat its weight file would be.\n",
            out);
    } else {
        fputs("usage: gensample cpu [--model FILE] [options]\n\nSay which instruction sets this CPU runs and, with a "
              "model, "
              "which kernel runs each of its operations.\n",
              out);
    }
    print_options(command, out);
    print_shipped(out);
}
